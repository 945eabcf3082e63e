"""Simulates a live plant: questions, rankings, reactions, learning and publishing in turn."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

import numpy as np
from tier1.parts import Tier1

from ratchet.contract import (
    CALLERS_ORDER,
    Candidate,
    DecisionMade,
    Evidence,
    Experience,
    ExperienceRecorded,
    ExperienceScored,
    Feedback,
    FeedbackReceived,
    Intent,
    RankingQuery,
    derived_id,
)
from ratchet_ranking import Embedding, in_callers_order, rank
from ratchet_testing.deliveries import delivered
from simulator.operators import draw_operators
from simulator.ranking_outcomes import experience, plan_value, reactions
from simulator.ranking_questions import RankingQuestion, draw_ranking_question
from simulator.widgets import ShowableWidget
from trainer.domain.scorer.examination import examination, fitted_power
from trainer.domain.scorer.logged_decision import LoggedDecision
from trainer.domain.scorer.rules import PublishingRules
from trainer.domain.scorer.scorer_version import ScorerVersion
from trainer.domain.scorer.targets import widget_values

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
JUDGE_EVERY = 25
WINDOW = 200


@dataclass(frozen=True)
class Served:
    """The outcome of one question: the reward of its plan, and its true value in 0..1."""

    decision_id: str
    scorer: str | None
    reward: float
    value: float


async def serve(
    tier1: Tier1, rng: Random, count: int, at: datetime, *, learning: bool
) -> list[Served]:
    """`count` questions, one minute apart; without `learning` the scorer in service stays."""
    operators = draw_operators(Random(5), 40)
    served = []
    for number in range(count):
        now = at + timedelta(minutes=number)
        question = draw_ranking_question(rng, operators)
        decision = decide(tier1, question, rng, now)
        tier1.store.add_decisions(delivered([decision]))
        shown = [question.candidates[place] for place in decision.order[: decision.limit]]
        last: ExperienceScored | None = None
        for fact in facts_of(question, shown, decision.event_id, rng, now):
            last = (await tier1.process(fact) or [last])[-1]
            if learning:
                tier1.learn()
        if last is not None and last.plan is not None and last.plan.reward is not None:
            served.append(
                Served(
                    decision.event_id,
                    decision.scorer,
                    last.plan.reward,
                    plan_value(question, shown),
                )
            )
        if learning and number % JUDGE_EVERY == JUDGE_EVERY - 1:
            tier1.publishing.judge_if_due(tier1.learner, float(number))
    return served


def facts_of(
    question: RankingQuestion,
    shown: Sequence[ShowableWidget],
    decision_id: str,
    rng: Random,
    now: datetime,
) -> list[ExperienceRecorded | FeedbackReceived]:
    body = experience(question, shown, timestamp=now, decision_id=decision_id)
    recorded = ExperienceRecorded(
        event_id=derived_id("asked", question.query_id),
        occurred_at=now,
        experience=Experience.model_validate(body),
    )
    reported = [
        FeedbackReceived(
            event_id=derived_id("said", question.query_id, str(turn)),
            occurred_at=now + timedelta(seconds=20 + turn),
            feedback=Feedback.model_validate(feedback),
        )
        for turn, feedback in enumerate(reactions(rng, question, shown))
    ]
    return [recorded, *reported]


def decide(tier1: Tier1, question: RankingQuestion, rng: Random, now: datetime) -> DecisionMade:
    query = RankingQuery.of(question.transcript, Intent.model_validate(question.intent))
    candidates = tuple(
        Candidate(scenario=option.scenario, relevance=option.relevance, size=option.size)
        for option in question.candidates
    )
    serving = tier1.publishing.in_service.current()
    if serving is None:
        results = in_callers_order(candidates, question.limit)
    else:
        scorers, policy, drawn = serving.scorers, serving.policy, rng.random()
        results = rank(query, candidates, question.limit, scorers, tier1.embedding, policy, drawn)
    return DecisionMade(
        event_id=derived_id("decision", question.query_id),
        occurred_at=now,
        user_id=question.user_id,
        query=query,
        candidates=candidates,
        limit=question.limit,
        order=results.order,
        worths=results.worths,
        propensity=results.propensity,
        policy=serving.policy if serving else CALLERS_ORDER,
        scorer=serving.version if serving else None,
    )


def measured(tier1: Tier1, served: Sequence[Served], power: float) -> float:
    """The mean true value of the shown widgets, weighted by examination."""
    ids = {one.decision_id for one in served}
    means = []
    outcomes = [o for o in tier1.store.outcome_refs(10_000) if o.decision_id in ids]
    for _, scored in tier1.store.logged_decisions(outcomes):
        values = widget_values(scored.plan, power) if scored.plan is not None else None
        if values is not None:
            means.append(np.average(values, weights=examination(len(values), power)))
    return fmean(means)


def estimated(
    tier1: Tier1, logged: Sequence[LoggedDecision], serving: ScorerVersion, power: float
) -> Evidence:
    return tier1.publishing.evaluator.evaluate_decisions(logged, serving, None, power).evidence


async def live(questions: int, after: int, embedding: Embedding) -> dict[str, Any]:
    """Learn from `questions`, then serve `after` more with the last scorer and compare."""
    with tempfile.TemporaryDirectory() as directory:
        tier1 = Tier1(Path(directory), embedding)
        rng = Random(11)
        served = await serve(tier1, rng, questions, START, learning=True)
        serving, evaluator = tier1.publishing.in_service.current(), tier1.publishing.evaluator
        if serving is None:
            raise SystemExit(f"no scorer was published: {tier1.publishing.verdict.reason}")
        logged = evaluator.logged()
        power = fitted_power([look for one in logged for look in one.looks()])
        late = estimated(tier1, logged, serving, power)
        first = [one.decision_id for one in served if one.scorer][: questions // 4]
        early_rules = replace(evaluator, rules=PublishingRules(most_decisions=questions))
        early = estimated(
            tier1,
            [one for one in early_rules.logged() if one.decision.event_id in first],
            serving,
            power,
        )
        start = START + timedelta(minutes=questions + 60)
        later = await serve(tier1, rng, after, start, learning=False)
        own = measured(tier1, later, power)
        callers = measured(tier1, [one for one in served if one.scorer is None], power)
    started = [one for one in served if one.scorer is None]
    ended = served[-min(WINDOW, questions // 4) :]
    return {
        "questions": questions,
        "reward": [fmean(one.reward for one in part) for part in (started, ended)],
        "value": [fmean(one.value for one in part) for part in (started, ended)],
        "power": power,
        "verdict": tier1.publishing.verdict.reason,
        "before_a_scorer": sum(one.scorer is None for one in served),
        "measured_on": len(later),
        "compared": [
            _compared("the last scorer", "candidate", late, own),
            _compared("the last scorer, by the first decisions", "candidate", early, own),
            _compared("the caller's order", "caller", late, callers),
        ],
    }


def _compared(name: str, policy: str, evidence: Evidence, truth: float) -> dict[str, Any]:
    [estimate] = [e for e in evidence.estimates if e.policy == policy]
    return {"name": name, "measured": truth, **estimate.model_dump()}
