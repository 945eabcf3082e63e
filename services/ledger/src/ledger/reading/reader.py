"""Reads the ledger's database: counts, lists and details, each from one snapshot."""

from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

from ledger.backends.migration import schema_problem
from ledger.reading.details import ExperienceDetails, ModelDetails, RunDetails
from ledger.reading.queries import counts, examples, experiences, lineage, models, runs
from ledger.reading.views import (
    Counts,
    ExampleState,
    ExampleView,
    ExperienceView,
    JudgedRuns,
    ModelView,
    RunView,
    StoredEvent,
)

P = ParamSpec("P")
T = TypeVar("T")


class LedgerReader:
    """Runs queries on an engine of `open_for_reading`.

    Every call blocks on the database and raises `ratchet.contract.Unavailable` if it cannot be
    read. Lists begin with the newest. An unknown id gives None.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def problem(self) -> str | None:
        """Why this version cannot read the database, with the remedy; None if it can."""
        return schema_problem(self._engine)

    def counts(self) -> Counts:
        return self._read(counts.count)

    def most_frequent(self, name: str, limit: int) -> dict[str, int]:
        """The `limit` most frequent values of `intent`, `scenario` or `characteristic`."""
        return self._read(counts.most_frequent, name, limit)

    def history(self, limit: int, after: str | None = None) -> list[ExperienceView]:
        """A page of experiences; `after` is the last id of the page before."""
        return self._read(experiences.newest, limit, after)

    def experience(self, query_id: str) -> ExperienceDetails | None:
        return self._read(experiences.details, query_id)

    def recorded_at(self, query_id: str) -> datetime | None:
        """When the answer was recorded: feedback counts from then on."""
        return self._read(experiences.recorded_at, query_id)

    def runs(self, limit: int) -> list[RunView]:
        return self._read(runs.newest, limit)

    def run(self, run_id: str) -> RunDetails | None:
        return self._read(runs.details, run_id)

    def judged_runs(self) -> dict[str, JudgedRuns]:
        """Totals by method; a method without a verdict is absent."""
        return self._read(runs.judged)

    def last_verdict(self) -> StoredEvent | None:
        """The RunFinished, with its curve, of the last finished run that recorded a loss."""
        return self._read(runs.last_verdict)

    def models(self, limit: int) -> list[ModelView]:
        return self._read(models.newest, limit)

    def active_model(self) -> ModelView | None:
        return self._read(models.active)

    def model(self, version: str) -> ModelDetails | None:
        return self._read(lineage.of_model, version)

    def examples(
        self,
        limit: int,
        after: str | None = None,
        kind: str | None = None,
        aspect: str | None = None,
        state: ExampleState | None = None,
    ) -> list[ExampleView]:
        """A page of examples; `after` is the last id of the page before."""
        return self._read(examples.page, limit, after, kind, aspect, state)

    def _read(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with self._engine.connect() as connection:
            return query(connection, *args, **kwargs)
