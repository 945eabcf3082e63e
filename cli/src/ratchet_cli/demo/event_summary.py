"""The state of the loop, folded from the events on the streams."""

from dataclasses import dataclass, field
from typing import TypeVar

from ratchet.contract import (
    BuiltExample,
    Event,
    Example,
    ExperienceRecorded,
    ExperienceScored,
    FeedbackReceived,
    ModelActivated,
    ModelRefused,
    ModelRegistered,
    PairBuilt,
    RunFinished,
    RunProgressed,
    RunStarted,
)

R = TypeVar("R", ExperienceScored, Example)


@dataclass
class EventSummary:
    """The events so far; of the revisions of a reward or an example, the highest counts."""

    experiences: set[str] = field(default_factory=set)
    feedback: int = 0
    rewards: dict[str, ExperienceScored] = field(default_factory=dict)
    examples: dict[str, Example] = field(default_factory=dict)
    started: RunStarted | None = None
    progress: RunProgressed | None = None
    finished: RunFinished | None = None
    registered: ModelRegistered | None = None
    activated: ModelActivated | None = None
    refused: ModelRefused | None = None

    def add(self, event: Event) -> None:
        match event:
            case ExperienceRecorded():
                self.experiences.add(event.experience.query_id)
            case FeedbackReceived():
                self.feedback += 1
            case ExperienceScored():
                _keep_latest(self.rewards, event.query_id, event)
            case Example():
                _keep_latest(self.examples, event.example_id, event)
            case RunStarted():
                self.started = event
            case RunProgressed():
                self.progress = event
            case RunFinished():
                self.finished = event
            case ModelRegistered():
                self.registered = event
            case ModelActivated():
                self.activated = event
            case ModelRefused():
                self.refused = event

    @property
    def live(self) -> list[BuiltExample]:
        """The examples that were built and not retracted."""
        return [e for e in self.examples.values() if isinstance(e, BuiltExample)]

    @property
    def pairs(self) -> int:
        return sum(isinstance(example, PairBuilt) for example in self.live)

    @property
    def labels(self) -> int:
        return len(self.live) - self.pairs

    @property
    def ended(self) -> bool:
        """Whether a model is active, or certain not to become active."""
        failed = self.finished is not None and self.finished.verdict != "accepted"
        return failed or self.refused is not None or self.activated is not None


def _keep_latest(known: dict[str, R], key: str, event: R) -> None:
    if key not in known or event.revision > known[key].revision:
        known[key] = event
