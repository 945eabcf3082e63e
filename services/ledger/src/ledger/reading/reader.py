"""All questions behind one port; each answer is of one moment."""

from sqlalchemy import Engine

from ledger.backends.migration import schema_problem
from ledger.reading.queries import counts, examples, experiences, lineage, models, runs
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


class SqlLedgerReader:
    """As `ledger.ports.LedgerReader`, on an engine of `open_for_reading`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def problem(self) -> str | None:
        return schema_problem(self._engine)

    def counts(self) -> Counts:
        with self._engine.connect() as connection:
            return counts.count(connection)

    def most(self, name: str, limit: int) -> dict[str, int]:
        with self._engine.connect() as connection:
            return counts.most(connection, name, limit)

    def history(self, limit: int, after: str | None = None) -> list[ExperienceView]:
        with self._engine.connect() as connection:
            return experiences.newest(connection, limit, after)

    def experience(self, query_id: str) -> ExperienceStory | None:
        with self._engine.connect() as connection:
            return experiences.story(connection, query_id)

    def runs(self, limit: int) -> list[RunView]:
        with self._engine.connect() as connection:
            return runs.newest(connection, limit)

    def run(self, run_id: str) -> RunStory | None:
        with self._engine.connect() as connection:
            return runs.story(connection, run_id)

    def trainings(self) -> dict[str, Trainings]:
        with self._engine.connect() as connection:
            return runs.trainings(connection)

    def last_verdict(self) -> KeptEvent | None:
        with self._engine.connect() as connection:
            return runs.last_verdict(connection)

    def models(self, limit: int) -> list[ModelView]:
        with self._engine.connect() as connection:
            return models.newest(connection, limit)

    def in_service(self) -> ModelView | None:
        with self._engine.connect() as connection:
            return models.in_service(connection)

    def model(self, version: str) -> ModelStory | None:
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
        with self._engine.connect() as connection:
            return examples.page(connection, limit, after, kind, aspect, state)
