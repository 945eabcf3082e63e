"""`rl-history`: the latest answers, with counts over all that was recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Annotated, Literal, get_args

from pydantic import Field

from ingest.domain.command_center.details import (
    Baseline,
    QueryDetail,
    accuracy,
    answer_time,
    latency_score,
    query_detail,
    rating_of,
    short_query,
)
from ingest.domain.command_center.figures import HistoryFigures, Ratings, ratings_of
from ledger.reading import ExperienceView, StoredEvent

MOST_INTENTS, MOST_SCENARIOS = 10, 15
_MOST_TIMES = 200

Mean = Annotated[float | None, Field(exclude_if=lambda mean: mean is None)]
LatencyRange = Literal["<1s", "1-3s", "3-6s", "6-10s", ">10s"]


@dataclass(frozen=True)
class RewardPoint:
    timestamp: str
    reward: float
    rating: Literal["up", "down", "none"]


@dataclass(frozen=True)
class LatencyBucket:
    range: LatencyRange
    count: int


@dataclass(frozen=True)
class ProcessingTime:
    timestamp: str
    ms: int


@dataclass(frozen=True)
class LossPoint:
    step: int
    loss: float
    accuracy: float | None
    margins: float | None
    grad_norm: None = None
    lr: None = None


@dataclass(frozen=True)
class JudgedQuery:
    score: float
    query: str


@dataclass(frozen=True)
class EvaluationSummary:
    """Means over the shown answers that have a judge's score; a mean of nothing is absent."""

    count: int
    avg_overall: float
    avg_scenario_relevance: Mean
    avg_data_accuracy: Mean
    avg_response_quality: Mean
    avg_latency_score: Mean
    scores: list[JudgedQuery]


@dataclass(frozen=True)
class QueryAggregates:
    avg_processing_ms: float
    avg_widget_count: float
    total_experiences: int
    scorer_steps: int
    dpo_pairs_generated: int
    characteristic_counts: dict[str, int]


@dataclass(frozen=True)
class RlHistory:
    """Lists have the oldest first; `evaluation_summary` is null without a judge's scores."""

    reward_timeline: list[RewardPoint]
    feedback_distribution: Ratings
    latency_buckets: list[LatencyBucket]
    intent_distribution: dict[str, int]
    scenario_frequency: dict[str, int]
    processing_time_trend: list[ProcessingTime]
    training_loss_curve: list[LossPoint]
    evaluation_summary: EvaluationSummary | None
    query_aggregates: QueryAggregates
    query_details: list[QueryDetail]


def rl_history(figures: HistoryFigures, scorer_steps: int) -> RlHistory:
    counts, shown = figures.counts, list(reversed(figures.shown))
    baseline = Baseline(
        processing_ms=counts.means.get("processing_time_ms", 0.0),
        widgets=counts.means.get("widget_count", 0.0),
        total=counts.total,
        characteristics=figures.characteristics,
    )
    first = max(0, counts.total - len(shown)) + 1
    return RlHistory(
        reward_timeline=[
            RewardPoint(answer_time(one), one.reward, rating_of(one) or "none")
            for one in shown
            if one.reward is not None
        ],
        feedback_distribution=ratings_of(counts),
        latency_buckets=[
            LatencyBucket(name, counts.latencies.get(name, 0)) for name in get_args(LatencyRange)
        ],
        intent_distribution=dict(figures.intents),
        scenario_frequency=dict(figures.scenarios),
        processing_time_trend=[
            ProcessingTime(answer_time(one), one.processing_time_ms or 0)
            for one in shown[-_MOST_TIMES:]
        ],
        training_loss_curve=_loss_curve(figures.verdict),
        evaluation_summary=_evaluation_summary(shown),
        query_aggregates=QueryAggregates(
            avg_processing_ms=baseline.processing_ms,
            avg_widget_count=baseline.widgets,
            total_experiences=counts.total,
            scorer_steps=scorer_steps,
            dpo_pairs_generated=sum(
                count for name, count in counts.examples.items() if name.startswith("pair:")
            ),
            characteristic_counts=dict(figures.characteristics),
        ),
        query_details=[
            query_detail(one, baseline, position) for position, one in enumerate(shown, first)
        ],
    )


def _loss_curve(verdict: StoredEvent | None) -> list[LossPoint]:
    points = verdict.body["curve"] if verdict else ()
    return [
        LossPoint(point["step"], point["loss"], point.get("accuracy"), point.get("margin"))
        for point in points
    ]


def _evaluation_summary(shown: Sequence[ExperienceView]) -> EvaluationSummary | None:
    scores = [
        (one, one.evaluation_confidence) for one in shown if one.evaluation_confidence is not None
    ]
    if not scores:
        return None
    judged = [one for one, _ in scores]
    return EvaluationSummary(
        count=len(scores),
        avg_overall=fmean(score for _, score in scores),
        avg_scenario_relevance=_mean([one.widget_score for one in judged]),
        avg_data_accuracy=_mean([accuracy(one) for one in judged]),
        avg_response_quality=_mean([one.voice_confidence for one in judged]),
        avg_latency_score=_mean([latency_score(one) for one in judged]),
        scores=[JudgedQuery(score, short_query(one)) for one, score in scores],
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
