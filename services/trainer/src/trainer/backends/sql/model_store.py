"""The exporter's events about models, in SQL."""

from collections.abc import Sequence

from sqlalchemy import Engine, select
from sqlalchemy.dialects.sqlite import insert

from ratchet.contract import MODELS, Delivered
from trainer.backends.sql.database import models
from trainer.backends.sql.reading import read
from trainer.domain.runs.champion import ModelEvent


class SqlModelStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, batch: Sequence[Delivered[ModelEvent]]) -> None:
        """Add events; an event that is stored already is ignored."""
        rows = [{"event_id": event.event_id, "event": payload.decode()} for event, payload in batch]
        once = insert(models).on_conflict_do_nothing(index_elements=["event_id"])
        if rows:
            with self._engine.begin() as connection:
                connection.execute(once, rows)

    def events(self) -> list[ModelEvent]:
        """All events, in the order of their arrival."""
        ordered = select(models.c.event).order_by(models.c.number)
        return [MODELS.adapter.validate_json(row.event) for row in read(self._engine, ordered)]
