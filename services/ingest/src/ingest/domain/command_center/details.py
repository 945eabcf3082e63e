"""One row of the page's table of questions, with how it compares with the others."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, cast

from ledger.reading import ExperienceView, FeedbackSource

_FAST, _SLOW = 0.7, 1.5
_RARE, _UNCOMMON = 3, 10
_MORE_WIDGETS, _FEWER_WIDGETS = 1, 2
_LATENCY_BUDGET_MS = 8000
_MOST_QUERY, _MOST_HEADING, _MOST_SCENARIOS = 120, 80, 8
_TOO_WIDE = re.compile(
    r"\b(specific(ally)?|particular(ly)?|exact(ly)?|certain|not all|just the|only the|"
    r"wrong one|the one|i (meant|wanted)|i was asking|"
    r"(ich )?meinte|nur (der|die|das|den)|nicht alle|genau(er)?|bestimmte[nrs]?)\b",
    re.IGNORECASE,
)
"""Words of a correction which asks for less than the question did."""

Rating = Literal["up", "down"]
QueryClarity = Literal["clear", "ambiguous_query", "system_mismatch"]
LatencySignal = Literal["fast", "normal", "slow"]
WidgetSignal = Literal["rich", "normal", "sparse"]
DiversitySignal = Literal["rare", "uncommon", "common"]


@dataclass(frozen=True)
class QueryDetail:
    """`eval_*` are the judge's scores; `eval_rating` is a rating that only the judge gave.

    `reward` is null where nobody rated or corrected: the page calls it the effect of that.
    """

    query_id: str
    timestamp: str
    query: str
    rating: Rating | None
    reward: float | None
    processing_time_ms: int
    widget_count: int
    scenarios: list[str]
    intent_type: str
    domains: list[str]
    primary_characteristic: str
    confidence: float | None
    select_method: str
    heading: str
    eval_overall: float | None
    eval_relevance: float | None
    eval_accuracy: float | None
    eval_quality: float | None
    eval_latency: float | None
    eval_rating: str | None
    correction: str | None
    feedback_source: FeedbackSource
    query_clarity: QueryClarity
    latency_signal: LatencySignal
    widget_signal: WidgetSignal
    diversity_signal: DiversitySignal
    buffer_position: int


@dataclass(frozen=True)
class Baseline:
    """What a question is compared with: means and counts over all recorded experiences."""

    processing_ms: float
    widgets: float
    total: int
    characteristics: Mapping[str, int]

    @cached_property
    def without_characteristic(self) -> int:
        return max(0, self.total - sum(self.characteristics.values()))


def query_detail(one: ExperienceView, baseline: Baseline, position: int) -> QueryDetail:
    """`position` counts from 1, the oldest recorded experience."""
    characteristic, widgets = one.primary_characteristic or "", one.widget_count or 0
    took_ms = one.processing_time_ms or 0
    return QueryDetail(
        query_id=one.query_id,
        timestamp=answer_time(one),
        query=short_query(one),
        rating=rating_of(one),
        reward=one.reward if one.rating or one.correction else None,
        processing_time_ms=took_ms,
        widget_count=widgets,
        scenarios=(one.scenarios or [])[:_MOST_SCENARIOS],
        intent_type=one.intent_type or "unknown",
        domains=one.domains or [],
        primary_characteristic=characteristic,
        confidence=one.confidence or None,
        select_method=one.select_method or "",
        heading=(one.heading or "")[:_MOST_HEADING],
        eval_overall=one.evaluation_confidence,
        eval_relevance=one.widget_score,
        eval_accuracy=accuracy(one),
        eval_quality=one.voice_confidence,
        eval_latency=latency_score(one),
        eval_rating=one.rating if one.feedback_source == "eval_agent" else None,
        correction=one.correction,
        feedback_source=one.feedback_source,
        query_clarity=query_clarity(one),
        latency_signal=latency_signal(took_ms, baseline.processing_ms),
        widget_signal=widget_signal(widgets, baseline.widgets),
        diversity_signal=diversity_signal(characteristic, baseline),
        buffer_position=position,
    )


def answer_time(one: ExperienceView) -> str:
    """ISO 8601 with its offset; the history holds answered questions only."""
    return "" if one.answered_at is None else one.answered_at.isoformat()


def rating_of(one: ExperienceView) -> Rating | None:
    return cast(Rating | None, one.rating)


def short_query(one: ExperienceView) -> str:
    return (one.transcript or "")[:_MOST_QUERY]


def accuracy(one: ExperienceView) -> float | None:
    """How well the spoken values match the data: the judge's groundedness."""
    return (one.voice_scores or {}).get("groundedness")


def latency_score(one: ExperienceView) -> float | None:
    """1 within the evaluator's budget of 8 s, 0.5 at twice and 0 at four times as much.

    None for an answer that no judge scored or whose time is not known.
    """
    if one.evaluation_confidence is None or not one.processing_time_ms:
        return None
    over = one.processing_time_ms / _LATENCY_BUDGET_MS
    return min(1.0, max(0.0, 1.5 - over / 2 if over < 2 else 1 - over / 4))


def query_clarity(one: ExperienceView) -> QueryClarity:
    """A correction decides: the question was too wide, or the answer did not fit."""
    if not one.correction:
        return "clear"
    return "ambiguous_query" if _TOO_WIDE.search(one.correction) else "system_mismatch"


def latency_signal(milliseconds: int, mean: float) -> LatencySignal:
    """0 is a time that was not measured."""
    if milliseconds > _SLOW * mean:
        return "slow"
    return "fast" if 0 < milliseconds < _FAST * mean else "normal"


def widget_signal(widgets: int, mean: float) -> WidgetSignal:
    if widgets > mean + _MORE_WIDGETS:
        return "rich"
    return "sparse" if widgets < max(1.0, mean - _FEWER_WIDGETS) else "normal"


def diversity_signal(characteristic: str, baseline: Baseline) -> DiversitySignal:
    """How many recorded questions have this primary characteristic, or none."""
    alike = baseline.characteristics.get(characteristic, 0)
    if not characteristic:
        alike = baseline.without_characteristic
    if alike <= _RARE:
        return "rare"
    return "uncommon" if alike <= _UNCOMMON else "common"
