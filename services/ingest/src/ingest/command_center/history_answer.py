"""`rl-history` in the OpenAPI document."""

from typing import Any, Literal

from pydantic import BaseModel

from ingest.command_center.status_answer import Ratings
from ingest.domain.command_center.details import (
    DiversitySignal,
    LatencySignal,
    QueryClarity,
    WidgetSignal,
)
from ledger.reading import FeedbackSource

Rating = Literal["up", "down", "none"]


class Rewarded(BaseModel):
    timestamp: str
    reward: float
    rating: Rating


class LatencyBucket(BaseModel):
    range: Literal["<1s", "1-3s", "3-6s", "6-10s", ">10s"]
    count: int


class Took(BaseModel):
    timestamp: str
    ms: int


class LossPoint(BaseModel):
    step: int
    loss: float
    accuracy: float | None
    margins: float | None
    grad_norm: float | None
    lr: float | None


class Aggregates(BaseModel):
    avg_processing_ms: float
    avg_widget_count: float
    total_experiences: int
    scorer_steps: int
    dpo_pairs_generated: int
    characteristic_counts: dict[str, int]


class Detail(BaseModel):
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
    eval_latency: float | None
    eval_rating: str | None
    correction: str | None
    feedback_source: FeedbackSource
    query_clarity: QueryClarity
    latency_signal: LatencySignal
    widget_signal: WidgetSignal
    diversity_signal: DiversitySignal
    buffer_position: int


class RlHistory(BaseModel):
    """Lists have the oldest first; `evaluation_summary` is empty where no judge spoke."""

    reward_timeline: list[Rewarded]
    feedback_distribution: Ratings
    latency_buckets: list[LatencyBucket]
    intent_distribution: dict[str, int]
    scenario_frequency: dict[str, int]
    processing_time_trend: list[Took]
    training_loss_curve: list[LossPoint]
    evaluation_summary: dict[str, Any]
    query_aggregates: Aggregates
    query_details: list[Detail]
