"""A live plant: questions, rankings, reactions, learning and publishing, one after the other."""

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
from ratchet.ranking import Embedding, in_callers_order, rank
from ratchet_testing.deliveries import delivered
from simulator.operators import draw_operators
from simulator.ranking_outcomes import experience, reactions, worth
from simulator.ranking_questions import Ask, Option, draw_ask
from trainer.domain.scorer.examination import examination, fitted_power
from trainer.domain.scorer.logged_decision import Logged
from trainer.domain.scorer.rules import PublishingRules
from trainer.domain.scorer.serving import Serving
from trainer.domain.scorer.targets import widget_values

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
JUDGE_EVERY = 25
WINDOW = 200


@dataclass(frozen=True)
class Served:
    """What one question came to: the reward of its plan, and its true worth in 0..1."""

    decision_id: str
    scorer: str | None
    reward: float
    worth: float


async def serve(
    tier1: Tier1, rng: Random, count: int, at: datetime, *, learning: bool
) -> list[Served]:
    """`count` questions, a minute apart; without `learning` the scorer in service stays."""
    operators = draw_operators(Random(5), 40)
    served = []
    for number in range(count):
        now = at + timedelta(minutes=number)
        ask = draw_ask(rng, operators)
        decision = decide(tier1, ask, rng, now)
        tier1.store.keep_decisions(delivered([decision]))
        shown = [ask.candidates[place] for place in decision.order[: decision.limit]]
        last: ExperienceScored | None = None
        for fact in facts_of(ask, shown, decision.event_id, rng, now):
            last = (await tier1.hear(fact) or [last])[-1]
            if learning:
                tier1.learn()
        if last is not None and last.plan is not None and last.plan.reward is not None:
            served.append(
                Served(decision.event_id, decision.scorer, last.plan.reward, worth(ask, shown))
            )
        if learning and number % JUDGE_EVERY == JUDGE_EVERY - 1:
            tier1.publishing.judge_if_due(tier1.learner, float(number))
    return served


def facts_of(
    ask: Ask, shown: Sequence[Option], decision_id: str, rng: Random, now: datetime
) -> list[ExperienceRecorded | FeedbackReceived]:
    body = experience(ask, shown, timestamp=now, decision_id=decision_id)
    recorded = ExperienceRecorded(
        event_id=derived_id("asked", ask.query_id),
        occurred_at=now,
        experience=Experience.model_validate(body),
    )
    said = [
        FeedbackReceived(
            event_id=derived_id("said", ask.query_id, str(turn)),
            occurred_at=now + timedelta(seconds=20 + turn),
            feedback=Feedback.model_validate(feedback),
        )
        for turn, feedback in enumerate(reactions(rng, ask, shown))
    ]
    return [recorded, *said]


def decide(tier1: Tier1, ask: Ask, rng: Random, now: datetime) -> DecisionMade:
    query = RankingQuery.of(ask.transcript, Intent.model_validate(ask.intent))
    candidates = tuple(
        Candidate(scenario=option.scenario, relevance=option.relevance, size=option.size)
        for option in ask.candidates
    )
    serving = tier1.publishing.in_service.now()
    if serving is None:
        found = in_callers_order(candidates, ask.limit)
    else:
        scorers, policy, drawn = serving.scorers, serving.policy, rng.random()
        found = rank(query, candidates, ask.limit, scorers, tier1.embedding, policy, drawn)
    return DecisionMade(
        event_id=derived_id("decision", ask.query_id),
        occurred_at=now,
        user_id=ask.user_id,
        query=query,
        candidates=candidates,
        limit=ask.limit,
        order=found.order,
        worths=found.worths,
        propensity=found.propensity,
        policy=serving.policy if serving else CALLERS_ORDER,
        scorer=serving.version if serving else None,
    )


def measured(tier1: Tier1, served: Sequence[Served], power: float) -> float:
    """The mean value of what was really shown, each widget weighed by how much it is looked at."""
    ids = {one.decision_id for one in served}
    means = []
    outcomes = [o for o in tier1.store.outcomes(10_000) if o.decision_id in ids]
    for _, scored in tier1.store.logged(outcomes):
        values = widget_values(scored.plan, power) if scored.plan is not None else None
        if values is not None:
            means.append(np.average(values, weights=examination(len(values), power)))
    return fmean(means)


def estimated(tier1: Tier1, logged: Sequence[Logged], serving: Serving, power: float) -> Evidence:
    return tier1.publishing.weighing.by_decisions(logged, serving, None, power).evidence


async def live(questions: int, after: int, embedding: Embedding) -> dict[str, Any]:
    """Learn over `questions`, then serve `after` more with the last scorer and compare."""
    with tempfile.TemporaryDirectory() as directory:
        tier1 = Tier1(Path(directory), embedding)
        rng = Random(11)
        served = await serve(tier1, rng, questions, START, learning=True)
        serving, weighing = tier1.publishing.in_service.now(), tier1.publishing.weighing
        if serving is None:
            raise SystemExit(f"no scorer was published: {tier1.publishing.verdict.reason}")
        logged = weighing.logged()
        power = fitted_power([look for one in logged for look in one.looks()])
        late = estimated(tier1, logged, serving, power)
        first = [one.decision_id for one in served if one.scorer][: questions // 4]
        early_rules = replace(weighing, rules=PublishingRules(most_decisions=questions))
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
    begun = [one for one in served if one.scorer is None]
    ended = served[-min(WINDOW, questions // 4) :]
    return {
        "questions": questions,
        "reward": [fmean(one.reward for one in part) for part in (begun, ended)],
        "worth": [fmean(one.worth for one in part) for part in (begun, ended)],
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
