"""What becomes of a ranking: the experience that records it, and how people react to it."""

from collections.abc import Sequence
from datetime import datetime
from math import sqrt
from random import Random
from typing import Any

from ratchet.measures import DEFAULT_HEIGHTS
from simulator.answers import capitalized
from simulator.judge import plan_verdict
from simulator.operators import draw_interaction, draw_rating, is_pleased
from simulator.ranking_questions import SUITING_SIZE, Ask, Option
from simulator.widgets import Placed, Plan
from simulator.world import shared_context

EXAMINATION = 0.8
"""How fast attention falls: the widget at position k from 0 is examined by (k+1)**-EXAMINATION."""

_PLAN_COUNTS = 0.65
_MISSED = 0.15
_MISPLACED = 0.1


def experience(
    ask: Ask, shown: Sequence[Option], *, timestamp: datetime, decision_id: str | None
) -> dict[str, Any]:
    """The body for the experiences route once `shown` stood on the screen, the top first."""
    body: dict[str, Any] = {
        "query_id": ask.query_id,
        "timestamp": timestamp.isoformat(),
        "user_id": ask.user_id,
        **shared_context(ask.situation, ask.intent),
        "widget_plan": _plan_body(ask, shown),
        "processing_time_ms": ask.processing_time_ms,
        "voice_response": ask.answer.text,
    }
    return body if decision_id is None else {**body, "decision_id": decision_id}


def worth(ask: Ask, shown: Sequence[Option]) -> float:
    """What `shown` is truly worth, in 0..1.

    The mean fit, the top weighing most, less for a missing needed widget or a wrong size.
    """
    if not shown:
        return 0.0
    weights = [1 / sqrt(place) for place in range(1, len(shown) + 1)]
    plan = _plan(ask, shown)
    weighted = (weight * widget.fit for weight, widget in zip(weights, plan.placed, strict=True))
    misplaced = sum(not widget.size_fits for widget in plan.placed) / len(plan.placed)
    fit = sum(weighted) / sum(weights)
    return max(0.0, fit - _MISSED * len(plan.missing) - _MISPLACED * misplaced)


def reactions(
    rng: Random, ask: Ask, shown: Sequence[Option], *, judge_share: float = 0.6
) -> list[dict[str, Any]]:
    """Bodies for the feedback route: the operator's, and in `judge_share` of the cases a judge's.

    The operator's names `rating` only where there was a thumb; the judge's never does.
    """
    value = worth(ask, shown)
    content = (1 - _PLAN_COUNTS) * ask.answer.quality + _PLAN_COUNTS * value
    rating = draw_rating(rng, is_pleased(rng, content))
    thumb = {} if rating is None else {"rating": rating}
    own = {
        "query_id": ask.query_id,
        "user_id": ask.user_id,
        "interactions": _touches(rng, ask, shown),
        **thumb,
    }
    if rng.random() >= judge_share:
        return [own]
    verdict = plan_verdict(rng, value, _plan(ask, shown))
    return [own, {"query_id": ask.query_id, "user_id": "judge", **verdict}]


def _plan(ask: Ask, shown: Sequence[Option]) -> Plan:
    placed = tuple(
        Placed(
            option.scenario,
            option.size,
            ask.fits[option.scenario],
            option.size == SUITING_SIZE[option.scenario],
        )
        for option in shown
    )
    scenarios = [option.scenario for option in shown]
    return Plan(placed, tuple(name for name in ask.needed if name not in scenarios))


def _plan_body(ask: Ask, shown: Sequence[Option]) -> dict[str, Any]:
    asked = ask.situation.asked
    return {
        "heading": capitalized(f"{asked.equipment} {asked.metric}"),
        "widgets": [
            {
                "scenario": option.scenario,
                "size": option.size,
                "relevance": option.relevance,
                "why": f"{asked.metric} {option.scenario}",
                "height_units": DEFAULT_HEIGHTS[option.size],
                "data_request": {"device": ask.situation.device, "metric": asked.metric},
            }
            for option in shown
        ],
        "select_method": "ranking",
    }


def _touches(rng: Random, ask: Ask, shown: Sequence[Option]) -> list[dict[str, object]]:
    """Where the operator looked, and of that what was worth touching."""
    return [
        draw_interaction(rng, position)
        for position, option in enumerate(shown)
        if rng.random() < (position + 1) ** -EXAMINATION * (0.1 + 0.8 * ask.fits[option.scenario])
    ]
