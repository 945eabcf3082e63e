"""What Tier 1 needs from outside: where revisions and scorers are kept, and what learns."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from ratchet.contract import (
    ArtifactRef,
    DecisionMade,
    Delivered,
    Event,
    ExperienceScored,
    ScorerPublished,
)
from ratchet.ranking import Matrix, ScorerManifest, Scorers
from trainer.domain.scorer.learned_state import LearntState, Progress
from trainer.domain.scorer.lesson import Lesson, Scored
from trainer.domain.scorer.logged_decision import LoggedOutcome


class RankingStore(Protocol):
    """What a ranking learns from, and what it learnt."""

    def keep_scored(self, batch: Sequence[Delivered[ExperienceScored]]) -> None: ...

    def keep_decisions(self, batch: Sequence[Delivered[DecisionMade]]) -> None: ...

    def learnt(self) -> LearntState | None: ...

    def commit(self, state: LearntState) -> None: ...

    def unlearnt(self, after: int, most: int) -> list[Scored]: ...

    def remembered(self, until: int) -> Iterable[Scored]: ...

    def outcomes(self, most: int) -> list[LoggedOutcome]: ...

    def logged(
        self, outcomes: Sequence[LoggedOutcome]
    ) -> list[tuple[DecisionMade, ExperienceScored]]: ...

    def skipped(self) -> dict[str, int]: ...


class ScorerRegister(Protocol):
    """Which scorers were published; a change and the event that tells of it are one."""

    def in_service(self) -> ScorerPublished | None: ...

    def publish(self, event: ScorerPublished) -> None: ...

    def withdraw(self, version: str, event: Event) -> None: ...

    def tell(self, event: Event) -> None: ...

    def superseded(self, keep: int) -> list[ScorerPublished]: ...

    def forget(self, version: str) -> None: ...


class ScorerLearner(Protocol):
    """Both scorers; what they know depends on the revisions and their order alone."""

    progress: Progress

    def restore(self, state: LearntState, remembered: Iterable[Scored]) -> None: ...

    def start_from(self, weights: Any, origin: str) -> None: ...

    def learn(self, revisions: Sequence[Scored]) -> None: ...

    def save(self) -> LearntState: ...

    def weights(self) -> dict[str, Matrix]: ...

    def scorers(self) -> Scorers: ...

    @property
    def held_out(self) -> list[Lesson]:
        """The last lessons that were never learnt from."""


class LegacyScorer(Protocol):
    def load(self, embedding: str) -> tuple[Any, str] | None:
        """Weights to begin with and where they come from; None to begin afresh."""


class ScorerFiles(Protocol):
    def keep(self, weights: Mapping[str, Matrix], manifest: ScorerManifest) -> ArtifactRef: ...

    def read(self, artifact: ArtifactRef) -> Scorers:
        """Raises `LookupError` or `ValueError` where the file is gone or is none."""

    def remove(self, artifact: ArtifactRef) -> None: ...
