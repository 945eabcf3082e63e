"""Simulates the outcome of a ranking: its experience and the reactions to it."""

from collections.abc import Sequence
from datetime import datetime
from math import sqrt
from random import Random
from typing import Any

from simulator.judge import plan_verdict
from simulator.operators import draw_interaction, draw_rating, is_pleased
from simulator.ranking_questions import SUITING_SIZE, RankingQuestion
from simulator.widgets import Placed, Plan, ShowableWidget, plan_body
from simulator.world import shared_context

EXAMINATION = 0.8
"""Position bias: position k from 0 is examined with probability (k+1)**-EXAMINATION."""

_PLAN_COUNTS = 0.65
_MISSED = 0.15
_MISPLACED = 0.1


def experience(
    question: RankingQuestion,
    shown: Sequence[ShowableWidget],
    *,
    timestamp: datetime,
    decision_id: str | None,
) -> dict[str, Any]:
    """The body for the experiences route after `shown` was displayed, top first."""
    body: dict[str, Any] = {
        "query_id": question.query_id,
        "timestamp": timestamp.isoformat(),
        "user_id": question.user_id,
        **shared_context(question.situation, question.intent),
        "widget_plan": plan_body(question.situation, shown, "ranking"),
        "processing_time_ms": question.processing_time_ms,
        "voice_response": question.answer.text,
    }
    return body if decision_id is None else {**body, "decision_id": decision_id}


def plan_value(question: RankingQuestion, shown: Sequence[ShowableWidget]) -> float:
    """The true value of `shown`, in 0..1.

    The mean fit, weighted by position, less for a missing required widget or a wrong size.
    """
    if not shown:
        return 0.0
    weights = [1 / sqrt(place) for place in range(1, len(shown) + 1)]
    plan = _plan(question, shown)
    weighted = (weight * widget.fit for weight, widget in zip(weights, plan.placed, strict=True))
    misplaced = sum(not widget.size_fits for widget in plan.placed) / len(plan.placed)
    fit = sum(weighted) / sum(weights)
    return max(0.0, fit - _MISSED * len(plan.missing) - _MISPLACED * misplaced)


def reactions(
    rng: Random,
    question: RankingQuestion,
    shown: Sequence[ShowableWidget],
    *,
    judge_share: float = 0.6,
) -> list[dict[str, Any]]:
    """Bodies for the feedback route: the operator's, and in `judge_share` of the cases a judge's.

    `rating` is present only in the operator's body, and only if there was one.
    """
    value = plan_value(question, shown)
    satisfied = (1 - _PLAN_COUNTS) * question.answer.quality + _PLAN_COUNTS * value
    rating = draw_rating(rng, is_pleased(rng, satisfied))
    rated = {} if rating is None else {"rating": rating}
    own = {
        "query_id": question.query_id,
        "user_id": question.user_id,
        "interactions": _touches(rng, question, shown),
        **rated,
    }
    if rng.random() >= judge_share:
        return [own]
    verdict = plan_verdict(rng, value, _plan(question, shown))
    return [own, {"query_id": question.query_id, "user_id": "judge", **verdict}]


def _plan(question: RankingQuestion, shown: Sequence[ShowableWidget]) -> Plan:
    placed = tuple(
        Placed(
            option.scenario,
            option.size,
            question.fits[option.scenario],
            option.size == SUITING_SIZE[option.scenario],
        )
        for option in shown
    )
    scenarios = [option.scenario for option in shown]
    return Plan(placed, tuple(name for name in question.needed if name not in scenarios))


def _touches(
    rng: Random, question: RankingQuestion, shown: Sequence[ShowableWidget]
) -> list[dict[str, object]]:
    """Interactions by the position-based model: examined, then touched if it fits."""
    return [
        draw_interaction(rng, position)
        for position, option in enumerate(shown)
        if rng.random()
        < (position + 1) ** -EXAMINATION * (0.1 + 0.8 * question.fits[option.scenario])
    ]
