"""Views of the ledger. Times are aware and in UTC; None stands for what no event contained."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ledger.domain.projection.counting import FeedbackSource

ExampleState = Literal["built", "retracted", "used"]
ModelState = Literal["registered", "active", "replaced", "rolled_back", "refused"]


@dataclass(frozen=True)
class Counts:
    """Totals over everything recorded.

    `awaited` experiences have feedback and are not recorded yet; under the query id of
    `conflicting` ones another answer came, too. `means` are by column: `reward`,
    `evaluation_confidence`, `voice_confidence`, `widget_score`, `processing_time_ms` and
    `widget_count`; one without a value is absent. `valued` is the number of values of each mean.
    `examples` are by `kind:aspect:state`, `runs` by verdict or `open`, `events` by type.
    """

    total: int
    with_feedback: int
    awaited: int
    conflicting: int
    ratings: Mapping[str, int]
    latencies: Mapping[str, int]
    sources: Mapping[str, int]
    means: Mapping[str, float]
    valued: Mapping[str, int]
    examples: Mapping[str, int]
    runs: Mapping[str, int]
    events: Mapping[str, int]


@dataclass(frozen=True)
class ExperienceView:
    """An answered question with the latest statement on each topic.

    `answered_at` is None until the experience is recorded. `processing_time_ms` is in
    milliseconds, `interactions` and `widgets_judged` count, and `widget_score` is the mean of the
    judge's scores. `revision` to `scored_at` belong to the latest reward, which is the clipped sum
    of its `components`.
    """

    query_id: str
    answered_at: datetime | None
    user_id: str | None
    transcript: str | None
    intent_type: str | None
    domains: list[str] | None
    primary_characteristic: str | None
    confidence: float | None
    select_method: str | None
    heading: str | None
    scenarios: list[str] | None
    widget_count: int | None
    processing_time_ms: int | None
    voiced: bool | None
    decision_id: str | None
    rating: str | None
    follow_up: str | None
    correction: str | None
    interactions: int | None
    evaluation_confidence: float | None
    query_understanding: str | None
    widgets_judged: int | None
    widget_score: float | None
    missing_widgets: list[str] | None
    voice_rating: str | None
    voice_confidence: float | None
    voice_scores: dict[str, float] | None
    revision: int | None
    reward: float | None
    widget_reward: float | None
    voice_reward: float | None
    components: dict[str, float] | None
    read_follow_up: str | None
    scored_at: datetime | None
    feedback_source: FeedbackSource


@dataclass(frozen=True)
class StoredEvent:
    """An event; `body` is its JSON object."""

    event_id: str
    type: str
    stream: str
    occurred_at: datetime
    body: dict[str, Any]


@dataclass(frozen=True)
class ExampleView:
    """An example; `used_by` are run ids, `sources` query ids.

    Its state is `used` once a run that contained it has a verdict.
    """

    example_id: str
    kind: str
    aspect: str
    rule: str
    question: str
    built_at: datetime
    state: ExampleState
    reason: str
    revision: int
    sources: tuple[str, ...]
    used_by: tuple[str, ...]


@dataclass(frozen=True)
class RunView:
    """A run. `verdict` is None while it is open; `export_refused` is why it gave no model."""

    run_id: str
    method: str | None
    base_model: str | None
    dataset_sha256: str | None
    pairs: int | None
    held_out: int | None
    started_because: str | None
    started_at: datetime | None
    stage: str | None
    step: int | None
    steps: int | None
    verdict: str | None
    reason: str | None
    seconds: float | None
    finished_at: datetime | None
    last_loss: float | None
    manifest_sha256: str | None
    export_refused: str | None


@dataclass(frozen=True)
class JudgedRuns:
    """The number of runs of one method with a verdict, and of the examples in them."""

    count: int
    examples: int


@dataclass(frozen=True)
class ModelView:
    """A version. `came_*` describe its last activation, `went_*` its last replacement.

    `trained_on_forgotten` marks one that was trained on data that was erased since.
    """

    version: str
    state: ModelState
    name: str | None
    run_id: str | None
    registry: str | None
    quantization: str | None
    gguf_sha256: str | None
    top1: float | None
    registered_at: datetime | None
    came_at: datetime | None
    came_by: str | None
    came_because: str | None
    went_at: datetime | None
    went_by: str | None
    went_because: str | None
    refused_at: datetime | None
    refused_by: str | None
    refused_because: str | None
    trained_on_forgotten: bool = False
