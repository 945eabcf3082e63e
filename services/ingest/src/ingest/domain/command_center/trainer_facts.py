"""What the trainer says of itself, as far as the page shows it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from ratchet.contract import Method


class Waiting(BaseModel):
    """Examples of one method that no run has used, and how many of them begin one."""

    count: int = 0
    voice: int = 0
    widget: int = 0
    minimum: int = 0


class TrainerSettingsTold(BaseModel):
    """`trainer_poll_s` is the time in seconds between two decisions."""

    trainer_poll_s: float = 0.0


class TrainerFacts(BaseModel):
    """`running` is the run at work, by `running_method`; `trouble` is what holds all up."""

    waiting: dict[Method, Waiting] = Field(default_factory=dict)
    cooldown_remaining_s: float = 0.0
    running: str | None = None
    running_method: Method | None = None
    trouble: str | None = None
    tier1_scorer: dict[str, Any] = Field(default_factory=dict)
    tier1b_composition: dict[str, Any] = Field(default_factory=dict)
    settings: TrainerSettingsTold = Field(default_factory=TrainerSettingsTold)

    def of(self, method: Method) -> Waiting:
        return self.waiting.get(method, Waiting())


@dataclass(frozen=True)
class Trainer:
    """What was heard last and when; `problem` says why the trainer does not answer now."""

    facts: TrainerFacts = field(default_factory=TrainerFacts)
    heard_at: datetime | None = None
    problem: str | None = "the trainer has not been asked yet"

    @property
    def running(self) -> bool:
        return self.problem is None

    def age_s(self, now: datetime) -> float:
        """Seconds since it was heard; 0 where it never was."""
        return 0.0 if self.heard_at is None else max(0.0, (now - self.heard_at).total_seconds())
