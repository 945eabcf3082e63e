"""The part of the trainer's status that the page shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ratchet.contract import Method

N = TypeVar("N")
OrZero = Annotated[N, BeforeValidator(lambda number: 0 if number is None else number)]


class ScorerStatus(BaseModel):
    """`lr` is the learning rate. What the page and the evaluator print is never null."""

    model_config = ConfigDict(extra="allow", json_schema_serialization_defaults_required=True)

    type: str
    parameters: OrZero[int] = 0
    device: Annotated[str, BeforeValidator(lambda device: device or "unknown")] = "unknown"
    training_steps: int = 0
    total_feedback_events: int = 0
    avg_loss: OrZero[float] = 0.0
    avg_val_loss: OrZero[float] = 0.0
    best_val_loss: float | None = None
    lr: float | None = None
    lr_decays: int = 0
    replay_buffer_size: int = 0
    val_buffer_size: int = 0
    recent_losses: list[float] = []
    recent_val_losses: list[float] = []


class LowRankStatus(ScorerStatus):
    type: str = "low_rank_scorer"
    rank: OrZero[int] = 0
    input_dim: OrZero[int] = 0


class CompositionStatus(ScorerStatus):
    type: str = "composition_scorer"
    scenario_dim: int | None = None


class PendingExamples(BaseModel):
    """Examples of one method that no run has used, and the number that starts a run."""

    count: int = 0
    voice: int = 0
    widget: int = 0
    minimum: int = 0


class TrainerFacts(BaseModel):
    """`running` is the id of the current run; `trouble` is an error that stops all training.

    `poll_s` is the time in seconds between two decisions.
    """

    waiting: dict[Method, PendingExamples] = Field(default_factory=dict)
    cooldown_remaining_s: float = 0.0
    running: str | None = None
    running_method: Method | None = None
    trouble: str | None = None
    tier1_scorer: LowRankStatus = Field(default_factory=LowRankStatus)
    tier1b_composition: CompositionStatus = Field(default_factory=CompositionStatus)
    poll_s: float = 0.0


@dataclass(frozen=True)
class TrainerState:
    """The last status and when it was received; `problem` is why there is none now.

    `minimums` are the settings by method, for as long as the trainer has not reported its own.
    """

    minimums: Mapping[Method, int]
    facts: TrainerFacts = field(default_factory=TrainerFacts)
    received_at: datetime | None = None
    problem: str | None = "the trainer's status has not been requested yet"

    @property
    def running(self) -> bool:
        return self.problem is None

    def waiting(self, method: Method) -> PendingExamples:
        """`minimum` is never 0, because the page divides by it."""
        waiting = self.facts.waiting.get(method, PendingExamples())
        return waiting.model_copy(update={"minimum": waiting.minimum or self.minimums[method]})

    def age_s(self, now: datetime) -> float:
        """Seconds since the last status; 0 without one."""
        if self.received_at is None:
            return 0.0
        return max(0.0, (now - self.received_at).total_seconds())
