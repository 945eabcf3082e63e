"""Events committed in the transaction of the change they report, until they are published."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, Engine, func, select, update
from sqlalchemy.dialects.sqlite import insert

from ratchet.contract import CHECKPOINTS, RUNS, STREAMS, Event, stream_of
from ratchet.delivery import data_of
from trainer.backends.sql.short_transactions import read
from trainer.backends.sql.tables import outbox

_OF_RUNS = (RUNS.name, CHECKPOINTS.name)
_ADAPTERS = {stream.name: stream.adapter for stream in STREAMS}


class SqlOutbox:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def unpublished(self) -> list[Event]:
        """Events that may not have been published, oldest first."""
        rows = select(outbox).where(outbox.c.published == 0).order_by(outbox.c.number)
        return [_ADAPTERS[row.stream].validate_json(row.event) for row in read(self._engine, rows)]

    def mark_published(self, event_id: str) -> None:
        published = update(outbox).where(outbox.c.event_id == event_id).values(published=1)
        with self._engine.begin() as connection:
            connection.execute(published)

    def mark_unpublished(self, since: date) -> None:
        """Mark the events of runs and checkpoints from `since` on as not published."""
        day = func.substr(func.json_extract(outbox.c.event, "$.occurred_at"), 1, 10)
        recent = outbox.c.stream.in_(_OF_RUNS), day >= since.isoformat()
        with self._engine.begin() as connection:
            connection.execute(update(outbox).where(*recent).values(published=0))


def post(connection: Connection, events: Sequence[Event]) -> None:
    """Insert `events` in the transaction of `connection`; each id once.

    They carry the trace context of the current span, not of the relay that publishes them.
    """
    once = insert(outbox).on_conflict_do_nothing(index_elements=["event_id"])
    for event in events:
        row = {"event_id": event.event_id, "stream": stream_of(event).name}
        connection.execute(once, {**row, "event": data_of(event).decode()})
