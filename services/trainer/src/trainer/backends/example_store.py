"""Examples and requests in SQL: one row for each id, the highest revision wins."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql import Select

from ratchet.events.base import Aspect
from ratchet.events.command import TrainingRequested
from ratchet.events.example import BuiltExample, ExampleRetracted, PairBuilt
from trainer.backends.database import examples, requests

_PAIR = PairBuilt.__name__
_REVISED = ("revision", "kind", "aspect", "event")


class SqlExampleStore:
    """As `trainer.ports.ExampleStore` and `trainer.ports.RequestStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._last_came: float | None = None

    def keep(self, events: Sequence[BuiltExample | ExampleRetracted]) -> None:
        """Upsert in one transaction; a retraction stays as a tombstone of its revision."""
        statement = insert(examples)
        newer = statement.on_conflict_do_update(
            index_elements=["example_id"],
            set_={name: statement.excluded[name] for name in _REVISED},
            where=statement.excluded.revision > examples.c.revision,
        )
        with self._engine.begin() as connection:
            for event in events:
                connection.execute(
                    newer,
                    {
                        "example_id": event.example_id,
                        "revision": event.revision,
                        "kind": type(event).__name__,
                        "aspect": event.aspect if isinstance(event, BuiltExample) else "",
                        "event": event.model_dump_json(),
                    },
                )

        self._last_came = time.monotonic()

    def quiet_s(self) -> float | None:
        return None if self._last_came is None else time.monotonic() - self._last_came

    def pending(self) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(_waiting(func.count())).scalar_one())

    def waiting_pairs(self, most: Mapping[Aspect, int]) -> list[PairBuilt]:
        found: list[PairBuilt] = []
        with self._engine.connect() as connection:
            for aspect, limit in most.items():
                chosen = _waiting(examples.c.event).where(examples.c.aspect == aspect)
                rows = connection.execute(chosen.order_by(examples.c.number).limit(limit))
                found.extend(PairBuilt.model_validate_json(row.event) for row in rows)
        return found

    def ask(self, asked: Sequence[TrainingRequested]) -> None:
        once = insert(requests).on_conflict_do_nothing(index_elements=["event_id"])
        with self._engine.begin() as connection:
            for request in asked:
                connection.execute(
                    once, {"event_id": request.event_id, "requested_by": request.requested_by}
                )

    def asked_by(self) -> str | None:
        first = select(requests.c.requested_by).where(requests.c.run_id.is_(None))
        with self._engine.connect() as connection:
            return connection.execute(first.order_by(requests.c.number).limit(1)).scalar()


def _waiting(what: Any) -> Select[Any]:
    return select(what).where(examples.c.kind == _PAIR, examples.c.consumed_by.is_(None))
