"""A training run from its decision to its verdict."""

from typing import Literal

from pydantic import Field

from ratchet.events.artifact import ArtifactRef
from ratchet.events.base import Event, Value

Method = Literal["dpo"]
Verdict = Literal["accepted", "refused", "failed"]
Stage = Literal["loading", "judging_champion", "training", "judging_challenger"]


class Interval(Value):
    """A mean with its 95 % bootstrap interval over `n` held-out cases."""

    mean: float
    low: float
    high: float
    n: int = Field(ge=1)


class Scores(Value):
    """How one model does on the held-out questions; `None` where no case could be asked."""

    preference_accuracy: float | None
    text_quality: float | None
    grounded_accuracy: float | None
    json_validity: float | None = None


class Answer(Value):
    """What both models generated for one held-out question."""

    question: str
    before: str
    after: str


class CurvePoint(Value):
    step: int = Field(ge=0)
    loss: float
    accuracy: float | None = None
    margin: float | None = None


class RunStarted(Event):
    type: Literal["RunStarted"] = "RunStarted"
    run_id: str
    method: Method
    base_model: str
    dataset_sha256: str
    pairs: int = Field(ge=1)
    held_out: int = Field(ge=1)
    reason: str


class RunProgressed(Event):
    type: Literal["RunProgressed"] = "RunProgressed"
    run_id: str
    stage: Stage
    step: int = Field(ge=0)
    steps: int = Field(ge=0)
    loss: float | None = None
    accuracy: float | None = None
    margin: float | None = None
    seconds_left: float | None = None


class RunFinished(Event):
    """`gains` holds after minus before per score; `seconds` covers the whole child process."""

    type: Literal["RunFinished"] = "RunFinished"
    run_id: str
    method: Method
    verdict: Verdict
    reason: str
    pairs: int
    seconds: float
    before: Scores | None = None
    after: Scores | None = None
    gains: dict[str, Interval] = Field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    curve: tuple[CurvePoint, ...] = ()


class CheckpointReady(Event):
    """An accepted adapter: `manifest` names its files, base, dataset, settings and figures."""

    type: Literal["CheckpointReady"] = "CheckpointReady"
    run_id: str
    base_model: str
    manifest: ArtifactRef
