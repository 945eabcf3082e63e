"""One row of the page's table of questions, with how it compares with the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, cast

from ledger.reading import ExperienceView, FeedbackSource

_FAST, _SLOW = 0.7, 1.5
_RARE, _UNCOMMON = 3, 10
_SPARSE, _RICH = 2, 6
_MOST_QUERY, _MOST_HEADING, _MOST_SCENARIOS = 120, 80, 8
_MISUNDERSTOOD = ("correction", "repeat")
_UNSURE_BELOW = 0.5
_UNCLEAR = ("ambiguous", "unclear", "vague")

Rating = Literal["up", "down", "none"]
QueryClarity = Literal["clear", "ambiguous_query", "system_mismatch"]
LatencySignal = Literal["fast", "normal", "slow"]
WidgetSignal = Literal["rich", "normal", "sparse"]
DiversitySignal = Literal["rare", "uncommon", "common"]


@dataclass(frozen=True)
class QueryDetail:
    """`eval_*` are the judge's scores; `eval_rating` is a rating that only the judge gave."""

    query_id: str
    timestamp: str
    query: str
    rating: Rating
    reward: float | None
    processing_time_ms: int
    widget_count: int
    scenarios: list[str]
    intent_type: str
    domains: list[str]
    primary_characteristic: str
    confidence: float
    select_method: str
    heading: str
    eval_overall: float | None
    eval_relevance: float | None
    eval_accuracy: float | None
    eval_quality: float | None
    eval_latency: None
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
    total: int
    characteristics: Mapping[str, int]

    @cached_property
    def without_characteristic(self) -> int:
        return max(0, self.total - sum(self.characteristics.values()))


def query_detail(one: ExperienceView, baseline: Baseline, position: int) -> QueryDetail:
    """`position` counts from 0, the oldest recorded experience."""
    characteristic, widgets = one.primary_characteristic or "", one.widget_count or 0
    took_ms = one.processing_time_ms or 0
    return QueryDetail(
        query_id=one.query_id,
        timestamp=answer_time(one),
        query=short_query(one),
        rating=rating_of(one),
        reward=one.reward,
        processing_time_ms=took_ms,
        widget_count=widgets,
        scenarios=(one.scenarios or [])[:_MOST_SCENARIOS],
        intent_type=one.intent_type or "",
        domains=one.domains or [],
        primary_characteristic=characteristic,
        confidence=one.confidence or 0.0,
        select_method=one.select_method or "",
        heading=(one.heading or "")[:_MOST_HEADING],
        eval_overall=one.evaluation_confidence,
        eval_relevance=one.widget_score,
        eval_accuracy=accuracy(one),
        eval_quality=one.voice_confidence,
        eval_latency=None,
        eval_rating=one.rating if one.feedback_source == "eval_agent" else None,
        correction=one.correction,
        feedback_source=one.feedback_source,
        query_clarity=query_clarity(one),
        latency_signal=latency_signal(took_ms, baseline.processing_ms),
        widget_signal=widget_signal(widgets),
        diversity_signal=diversity_signal(characteristic, baseline),
        buffer_position=position,
    )


def answer_time(one: ExperienceView) -> str:
    """ISO 8601 with its offset; the history holds answered questions only."""
    return "" if one.answered_at is None else one.answered_at.isoformat()


def rating_of(one: ExperienceView) -> Rating:
    return cast(Rating, one.rating or "none")


def short_query(one: ExperienceView) -> str:
    return (one.transcript or "")[:_MOST_QUERY]


def accuracy(one: ExperienceView) -> float | None:
    """How well the spoken values match the data: the judge's groundedness."""
    return (one.voice_scores or {}).get("groundedness")


def query_clarity(one: ExperienceView) -> QueryClarity:
    """A repeated or corrected question was misunderstood; a guess is ambiguous."""
    if one.correction or (one.follow_up or one.read_follow_up) in _MISUNDERSTOOD:
        return "system_mismatch"
    understood = (one.query_understanding or "").lower()
    unsure = 0 < (one.confidence or 0.0) < _UNSURE_BELOW
    return "ambiguous_query" if unsure or any(w in understood for w in _UNCLEAR) else "clear"


def latency_signal(milliseconds: int, mean: float) -> LatencySignal:
    """0 is a time that was not measured."""
    if milliseconds > _SLOW * mean:
        return "slow"
    return "fast" if 0 < milliseconds < _FAST * mean else "normal"


def widget_signal(widgets: int) -> WidgetSignal:
    if widgets >= _RICH:
        return "rich"
    return "sparse" if widgets <= _SPARSE else "normal"


def diversity_signal(characteristic: str, baseline: Baseline) -> DiversitySignal:
    """How many recorded questions have this primary characteristic, or none."""
    alike = baseline.characteristics.get(characteristic, 0)
    if not characteristic:
        alike = baseline.without_characteristic
    if alike <= _RARE:
        return "rare"
    return "uncommon" if alike <= _UNCOMMON else "common"
