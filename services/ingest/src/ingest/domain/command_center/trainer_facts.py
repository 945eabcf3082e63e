"""The part of the trainer's status that the page shows."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from ratchet.contract import Method


class ScorerStatus(BaseModel):
    """`lr` is the learning rate. Until the trainer reports, counts are 0 and the rest is null."""

    model_config = ConfigDict(extra="allow", json_schema_serialization_defaults_required=True)

    type: str
    parameters: int | None = None
    device: str | None = None
    training_steps: int = 0
    total_feedback_events: int = 0
    avg_loss: float | None = None
    avg_val_loss: float | None = None
    best_val_loss: float | None = None
    lr: float | None = None
    lr_decays: int = 0
    replay_buffer_size: int = 0
    val_buffer_size: int = 0
    recent_losses: list[float] = []
    recent_val_losses: list[float] = []


class LowRankStatus(ScorerStatus):
    type: str = "low_rank_scorer"
    rank: int | None = None
    input_dim: int | None = None


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

    def of(self, method: Method) -> PendingExamples:
        return self.waiting.get(method, PendingExamples())


@dataclass(frozen=True)
class TrainerState:
    """The last status and when it was received; `problem` is why there is none now."""

    facts: TrainerFacts = field(default_factory=TrainerFacts)
    received_at: datetime | None = None
    problem: str | None = "the trainer's status has not been requested yet"

    @property
    def running(self) -> bool:
        return self.problem is None

    def age_s(self, now: datetime) -> float:
        """Seconds since the last status; 0 without one."""
        if self.received_at is None:
            return 0.0
        return max(0.0, (now - self.received_at).total_seconds())
