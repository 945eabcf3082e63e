"""Published scorers in SQL; each change is committed together with its event."""

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from ratchet.contract import Event, ScorerPublished
from trainer.backends.sql.outbox import post as post_events
from trainer.backends.sql.short_transactions import read, read_first
from trainer.backends.sql.tables import scorers


class SqlScorerRegister:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def in_service(self) -> ScorerPublished | None:
        """The scorer that was published last, unless it was withdrawn."""
        last = select(scorers).order_by(scorers.c.number.desc()).limit(1)
        row = read_first(self._engine, last)
        if row is None or row.withdrawn:
            return None
        return ScorerPublished.model_validate_json(row.event)

    def publish(self, event: ScorerPublished) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                insert(scorers)
                .values(version=event.version, event=event.model_dump_json())
                .on_conflict_do_nothing(index_elements=["version"])
            )
            post_events(connection, [event])

    def withdraw(self, version: str, event: Event) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                update(scorers).where(scorers.c.version == version).values(withdrawn=1)
            )
            post_events(connection, [event])

    def post(self, event: Event) -> None:
        with self._engine.begin() as connection:
            post_events(connection, [event])

    def superseded(self, keep: int) -> list[ScorerPublished]:
        """All published scorers except the last `keep`."""
        older = select(scorers.c.event).order_by(scorers.c.number.desc()).offset(keep)
        return [ScorerPublished.model_validate_json(row.event) for row in read(self._engine, older)]

    def remove(self, version: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(scorers).where(scorers.c.version == version))
