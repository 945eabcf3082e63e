"""The exporter's events about models, in SQL."""

from collections.abc import Sequence

from sqlalchemy import Engine, select

from ratchet.contract import MODELS, Delivered
from trainer.backends.sql.short_transactions import add_once, read
from trainer.backends.sql.tables import models
from trainer.domain.runs.champion import ModelEvent


class SqlModelStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, batch: Sequence[Delivered[ModelEvent]]) -> None:
        """Add events; an event that is stored already is ignored."""
        rows = [
            {"event_id": event.event_id, "event": payload.decode()} for event, payload, _ in batch
        ]
        add_once(self._engine, models.c.event_id, rows)

    def events(self) -> list[ModelEvent]:
        """All events, in the order of their arrival."""
        ordered = select(models.c.event).order_by(models.c.number)
        return [MODELS.adapter.validate_json(row.event) for row in read(self._engine, ordered)]
