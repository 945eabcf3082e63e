"""Reads the ledger's database: counts, lists and details, each from one snapshot."""

from sqlalchemy import Engine

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
        with self._engine.connect() as connection:
            return counts.count(connection)

    def most_frequent(self, name: str, limit: int) -> dict[str, int]:
        """The `limit` most frequent values of `intent`, `scenario` or `characteristic`."""
        with self._engine.connect() as connection:
            return counts.most_frequent(connection, name, limit)

    def history(self, limit: int, after: str | None = None) -> list[ExperienceView]:
        """A page of experiences; `after` is the last id of the page before."""
        with self._engine.connect() as connection:
            return experiences.newest(connection, limit, after)

    def experience(self, query_id: str) -> ExperienceDetails | None:
        with self._engine.connect() as connection:
            return experiences.details(connection, query_id)

    def runs(self, limit: int) -> list[RunView]:
        with self._engine.connect() as connection:
            return runs.newest(connection, limit)

    def run(self, run_id: str) -> RunDetails | None:
        with self._engine.connect() as connection:
            return runs.details(connection, run_id)

    def judged_runs(self) -> dict[str, JudgedRuns]:
        """Totals by method; a method without a verdict is absent."""
        with self._engine.connect() as connection:
            return runs.judged(connection)

    def last_verdict(self) -> StoredEvent | None:
        """The RunFinished, with its curve, of the last finished run that recorded a loss."""
        with self._engine.connect() as connection:
            return runs.last_verdict(connection)

    def models(self, limit: int) -> list[ModelView]:
        with self._engine.connect() as connection:
            return models.newest(connection, limit)

    def active_model(self) -> ModelView | None:
        with self._engine.connect() as connection:
            return models.active(connection)

    def model(self, version: str) -> ModelDetails | None:
        with self._engine.connect() as connection:
            return lineage.of_model(connection, version)

    def examples(
        self,
        limit: int,
        after: str | None = None,
        kind: str | None = None,
        aspect: str | None = None,
        state: ExampleState | None = None,
    ) -> list[ExampleView]:
        """A page of examples; `after` is the last id of the page before."""
        with self._engine.connect() as connection:
            return examples.page(connection, limit, after, kind, aspect, state)
