"""Events that were committed with the change they tell of, until they are published."""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.dialects.sqlite import insert

from ratchet.events.base import Event
from ratchet.publisher import data_of
from ratchet.streams import STREAMS, stream_of
from trainer.backends.database import outbox

_ADAPTERS = {stream.name: stream.adapter for stream in STREAMS}


class SqlOutbox:
    """As `trainer.ports.Outbox`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def unpublished(self) -> list[Event]:
        rows = select(outbox).where(outbox.c.published == 0).order_by(outbox.c.number)
        with self._engine.connect() as connection:
            return [
                _ADAPTERS[row.stream].validate_json(row.event) for row in connection.execute(rows)
            ]

    def published(self, event_id: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                update(outbox).where(outbox.c.event_id == event_id).values(published=1)
            )


def post(connection: Connection, events: Sequence[Event]) -> None:
    """Put `events` in within the transaction of `connection`; each id goes in once.

    They carry the trace context of the work at hand now, not of what publishes them.
    """
    for event in events:
        connection.execute(
            insert(outbox)
            .values(
                event_id=event.event_id,
                stream=stream_of(event).name,
                event=data_of(event).decode(),
            )
            .on_conflict_do_nothing(index_elements=["event_id"])
        )
