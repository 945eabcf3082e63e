"""Generates ranking questions, each with the true fit of every widget."""

from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from ratchet.measures import CORE_SCENARIOS
from simulator.answers import SimulatedAnswer, bad_answer, good_answer
from simulator.operators import Operator
from simulator.situations import Situation, draw_situation
from simulator.widgets import ShowableWidget
from simulator.world import parsed_intent

SUITING_SIZE = {
    "alerts": "compact", "category-bar": "normal", "chatstream": "normal", "comparison": "normal",
    "composition": "normal", "distribution": "compact", "edgedevicepanel": "expanded",
    "eventlogstream": "normal", "flow-sankey": "expanded", "kpi": "normal",
    "matrix-heatmap": "expanded", "peoplehexgrid": "normal", "peoplenetwork": "normal",
    "peopleview": "normal", "supplychainglobe": "expanded", "timeline": "compact",
    "trend": "expanded", "trend-multi-line": "expanded", "trends-cumulative": "expanded",
}  # fmt: skip
"""The size that suits each scenario."""

# characteristic of the requested metric: the scenarios that fit a plain question, best first
_FITTING: dict[str, tuple[str, ...]] = {
    "energy": ("kpi", "trends-cumulative", "category-bar", "trend"),
    "health_status": ("edgedevicepanel", "kpi", "alerts", "trend"),
    "trend": ("trend", "trend-multi-line", "distribution", "kpi"),
    "comparison": ("comparison", "matrix-heatmap", "category-bar", "composition"),
}
_DRIFTED = {**_FITTING, "energy": _FITTING["trend"], "trend": _FITTING["energy"]}
_WORRIED = ("in range", "Any issue", "Check")
_FITTING_WORRIED = ("alerts", "eventlogstream", "kpi", "trend")
_LOOKING_BACK = ("moved", "this hour")
_FITTING_BACK = ("timeline", "trend")
_TIMES = ("this hour", "today", "since the shift began")

_FITS = (0.95, 0.85, 0.75, 0.65)
_MISFIT = {name: round(0.08 + 0.12 * at / 18, 3) for at, name in enumerate(CORE_SCENARIOS)}
_NEEDED = 2
_DISTRACTORS = 6
_LIMIT = 4
_SIZES = ("expanded", "normal", "compact")
_WRONG_SIZE = 0.15
_GOOD_ANSWER = 0.85


@dataclass(frozen=True, slots=True)
class RankingQuestion:
    """One question with the widgets that could be shown; the first `limit` will be.

    Hidden from the caller: `fits`, the true fit (0..1) of every core scenario, and `needed`, the
    two scenarios that must not be missing. `answer` is the assistant's spoken answer.
    """

    query_id: str
    user_id: str
    transcript: str
    intent: dict[str, Any]
    candidates: tuple[ShowableWidget, ...]
    limit: int
    fits: dict[str, float]
    needed: tuple[str, ...]
    situation: Situation
    answer: SimulatedAnswer
    processing_time_ms: int


def draw_ranking_question(
    rng: Random, operators: tuple[Operator, ...], *, drift: bool = False
) -> RankingQuestion:
    """A question of one of `operators`; four of its ten candidates fit, in random order.

    With `drift`, the preferences for energy and trend questions are exchanged.
    """
    situation = draw_situation(rng)
    fitting = _fitting(situation, _DRIFTED if drift else _FITTING)
    fits = {**_MISFIT, **dict(zip(fitting, _FITS, strict=True))}
    return RankingQuestion(
        query_id=str(UUID(int=rng.getrandbits(128), version=4)),
        user_id=rng.choice(operators).user_id,
        transcript=situation.transcript,
        intent=_timed(parsed_intent(rng, situation), situation.transcript),
        candidates=_draw_candidates(rng, fitting, fits),
        limit=_LIMIT,
        fits=fits,
        needed=fitting[:_NEEDED],
        situation=situation,
        answer=(good_answer if rng.random() < _GOOD_ANSWER else bad_answer)(rng, situation),
        processing_time_ms=int(rng.lognormvariate(7.8, 0.5)),
    )


def _fitting(situation: Situation, plain: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The four fitting scenarios, best first: by the phrasing, or else by the metric."""
    by_metric = plain[situation.metric.characteristic]
    if any(words in situation.transcript for words in _WORRIED):
        return _FITTING_WORRIED
    if any(words in situation.transcript for words in _LOOKING_BACK):
        others = [name for name in by_metric if name not in _FITTING_BACK]
        return (*_FITTING_BACK, *others)[: len(_FITS)]
    return by_metric


def _timed(intent: dict[str, Any], transcript: str) -> dict[str, Any]:
    named = next((time for time in _TIMES if time in transcript), None)
    if named is None:
        return intent
    return {**intent, "entities": {**intent["entities"], "time": named}}


def _draw_candidates(
    rng: Random, fitting: tuple[str, ...], fits: dict[str, float]
) -> tuple[ShowableWidget, ...]:
    others = [name for name in CORE_SCENARIOS if name not in fitting]
    chosen = [*fitting, *rng.sample(others, _DISTRACTORS)]
    rng.shuffle(chosen)
    return tuple(
        ShowableWidget(name, _relevance(rng, fits[name]), _size(rng, name)) for name in chosen
    )


def _relevance(rng: Random, fit: float) -> float:
    estimate = 0.55 + 0.2 * (fit - 0.5) + rng.gauss(0, 0.15)
    return round(min(1.0, max(0.0, estimate)), 2)


def _size(rng: Random, scenario: str) -> str:
    suiting = SUITING_SIZE[scenario]
    wrong = [size for size in _SIZES if size != suiting]
    return rng.choice(wrong) if rng.random() < _WRONG_SIZE else suiting
