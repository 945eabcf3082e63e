"""What the ledger is to those who write it and to those who ask."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ledger.reading.views import (
    Counts,
    ExampleState,
    ExampleView,
    ExperienceStory,
    ExperienceView,
    KeptEvent,
    ModelStory,
    ModelView,
    RunStory,
    RunView,
    Trainings,
)
from ratchet.contract import Delivered, Event, ForgetRequested


class Ledger(Protocol):
    def write(self, batch: Sequence[Delivered[Event]]) -> int:
        """Store each payload once, with the rows derived from it; returns how many are new.

        Durable on return, or nothing of it. Raises `ratchet.contract.Unavailable` where the
        database is away or its disk is full.
        """
        ...


class Erased(NamedTuple):
    """Counts by kind, and the ids of all examples that were ever erased for the request."""

    counts: dict[str, int]
    examples: tuple[str, ...]


class Forgetting(Protocol):
    def forget(self, request: ForgetRequested) -> Erased:
        """Erase; what was erased before is counted no more.

        Raises `ratchet.contract.Unavailable` where the database is away or its disk is full.
        """
        ...


class LedgerReader(Protocol):
    """Calls block, for the database; each raises `ratchet.contract.Unavailable` where it is away.

    Lists have the newest first. One thing that is not known is None.
    """

    def problem(self) -> str | None:
        """Why nothing can be asked yet: no tables, or another version's. None: all is well."""
        ...

    def counts(self) -> Counts: ...

    def most(self, name: str, limit: int) -> dict[str, int]:
        """The `limit` most frequent of `intent`, `scenario` or `characteristic`, with counts."""
        ...

    def history(self, limit: int, after: str | None = None) -> list[ExperienceView]:
        """`after` is the last id of the page before."""
        ...

    def experience(self, query_id: str) -> ExperienceStory | None: ...

    def runs(self, limit: int) -> list[RunView]: ...

    def run(self, run_id: str) -> RunStory | None: ...

    def trainings(self) -> dict[str, Trainings]:
        """By method; one that never came to a verdict is absent."""
        ...

    def last_verdict(self) -> KeptEvent | None:
        """The RunFinished, with its curve, of the run that ended last with a loss to show."""
        ...

    def models(self, limit: int) -> list[ModelView]: ...

    def in_service(self) -> ModelView | None: ...

    def model(self, version: str) -> ModelStory | None: ...

    def examples(
        self,
        limit: int,
        after: str | None = None,
        kind: str | None = None,
        aspect: str | None = None,
        state: ExampleState | None = None,
    ) -> list[ExampleView]:
        """`after` is the last id of the page before."""
        ...
