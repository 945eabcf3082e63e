"""What the exporter told of models, in SQL: each event once."""

from collections.abc import Sequence

from sqlalchemy import Engine, select
from sqlalchemy.dialects.sqlite import insert

from ratchet.contract import MODELS, Delivered
from trainer.backends.sql.database import models
from trainer.domain.runs.champion import Told


class SqlModelStore:
    """As `trainer.ports.ModelStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, batch: Sequence[Delivered[Told]]) -> None:
        rows = [{"event_id": event.event_id, "event": payload.decode()} for event, payload in batch]
        if not rows:
            return
        with self._engine.begin() as connection:
            connection.execute(
                insert(models).on_conflict_do_nothing(index_elements=["event_id"]), rows
            )

    def told(self) -> list[Told]:
        ordered = select(models.c.event).order_by(models.c.number)
        with self._engine.connect() as connection:
            return [MODELS.adapter.validate_json(event) for event in connection.scalars(ordered)]
