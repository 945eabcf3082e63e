"""Judged plans of a plant in which alerts are good and chatstream is bad, and logged decisions."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from random import Random

from ratchet.contract import (
    Candidate,
    DecisionMade,
    ExperienceScored,
    RankingPolicy,
    RankingQuery,
    ServedWidget,
)
from ratchet_ranking import explore
from trainer.domain.scorer.holdout import is_held_out
from trainer.domain.scorer.lesson import ScoredRevision

from .conftest import decision, query, scored

DEVICES = "pump fan boiler mixer chiller press oven conveyor turbine valve lathe crane".split()
METRICS = "power pressure temperature vibration speed flow level torque".split()
OPERATORS = 40
SHOWN = ("chatstream", "kpi", "trend", "alerts")
GOOD_ALERTS = {"alerts": 0.95, "trend": 0.6, "kpi": 0.5, "chatstream": 0.05}
GOOD_CHATSTREAM = {"alerts": 0.05, "trend": 0.4, "kpi": 0.5, "chatstream": 0.95}
EXPLORING = RankingPolicy(weight=1.0, share=0.5, temperature=0.3)

_QUESTIONS = [
    query(f"What is the {metric} of {kind}?") for metric, kind in product(METRICS, DEVICES)
]
TRAINING = [question for question in _QUESTIONS if not is_held_out(question)]
HELD_OUT = [question for question in _QUESTIONS if is_held_out(question)]


def judged(
    number: int,
    worths: Mapping[str, float] = GOOD_ALERTS,
    question: RankingQuery | None = None,
    revision: int = 1,
    user_id: str | None = None,
) -> ExperienceScored:
    """The `number`th experience, with its own question and order, judged near `worths`."""
    rng = Random(f"{number} {revision}")
    widgets = [
        ServedWidget(scenario=name, relevance=0.5, score=_near(rng, worths[name]), size_fits=True)
        for name in rng.sample(SHOWN, len(SHOWN))
    ]
    return scored(
        f"q-{number}",
        revision,
        user_id=f"user-{number % OPERATORS}" if user_id is None else user_id,
        query=question or _QUESTIONS[number % len(_QUESTIONS)],
        widgets=tuple(widgets),
        reward=round(rng.uniform(-1, 1), 3),
    )


def answers(count: int, first: int = 0) -> list[ExperienceScored]:
    return [judged(number) for number in range(first, first + count)]


def numbered(events: Iterable[ExperienceScored], first: int = 1) -> list[ScoredRevision]:
    return [ScoredRevision(number, event) for number, event in enumerate(events, start=first)]


def judged_plans(count: int, worths: Mapping[str, float] = GOOD_ALERTS) -> list[ScoredRevision]:
    return numbered(judged(number, worths) for number in range(count))


def logged(
    number: int,
    worths: Mapping[str, float] = GOOD_ALERTS,
    callers_order: Sequence[str] = SHOWN,
    policy: RankingPolicy = EXPLORING,
) -> tuple[DecisionMade, ExperienceScored]:
    """An exploring decision among nearly equal candidates, and its outcome."""
    rng = Random(f"decision {number}")
    candidates = tuple(Candidate(scenario=name, relevance=0.5) for name in callers_order)
    ranked_by = tuple(round(rng.uniform(0.45, 0.55), 6) for _ in candidates)
    exploration = explore(ranked_by, candidates, policy, limit=3)
    exchange = exploration.exchange(rng.random())
    order = exploration.order_after(exchange)
    made = decision(
        f"decision-{number}",
        query=_QUESTIONS[number % len(_QUESTIONS)],
        candidates=candidates,
        limit=3,
        order=order,
        worths=ranked_by,
        propensity=exploration.propensity(exchange),
        policy=policy,
    )
    shown = [callers_order[at] for at in order[:3]]
    outcome = scored(
        f"logged-{number}",
        user_id=f"user-{number % OPERATORS}",
        query=made.query,
        widgets=tuple(
            ServedWidget(scenario=name, relevance=0.5, score=_near(rng, worths[name]))
            for name in shown
        ),
        reward=None,
        decision_id=made.event_id,
    )
    return made, outcome


def unseen_question() -> RankingQuery:
    """A question of a kind that no plan contains."""
    return query("Is there anything wrong with the dryer 9?")


def _near(rng: Random, truth: float) -> float:
    return round(min(0.98, max(0.02, rng.gauss(truth, 0.05))), 2)
