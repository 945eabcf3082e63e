"""Rows of the ledger with times that have not come: a clock was ahead when they were written."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, func, or_, select, update

from ledger.backends.rows import delete_rows, stored_event
from ledger.backends.tables import events, examples, models, runs, stream_ends
from ledger.backends.writer import SqlLedger
from ledger.domain.projection.changes import Projection
from ledger.domain.projection.counting import Count
from ledger.domain.projection.projector import changes_of
from ledger.domain.values import arrival_number, entry_numbered
from ratchet.contract import CHECKPOINTS, FEEDBACK_WINDOW_DAYS, MODELS, RUNS, EntryId

_OF_RUNS = [stream.name for stream in (RUNS, CHECKPOINTS, MODELS)]


class Arrival(NamedTuple):
    """The entry by which an event came."""

    stream: str
    entry_id: EntryId


class StoredAgain(NamedTuple):
    """An event whose entry was corrected."""

    stream: str
    entry_id: EntryId
    body: str


class ClockRows:
    """Finds and corrects them on an engine of `open_for_writing`; times are microseconds.

    `window_days` is that of `SqlLedger`.
    """

    def __init__(self, engine: Engine, window_days: int = FEEDBACK_WINDOW_DAYS) -> None:
        self._engine = engine
        self._ledger = SqlLedger(engine, window_days)

    def count(self, after: int) -> int:
        """The events that arrived or occurred after the time `after`."""
        ahead = select(func.count()).select_from(events).where(_is_after(after))
        with self._engine.connect() as connection:
            return int(connection.execute(ahead).scalar_one())

    def arrivals(self, after: int) -> list[Arrival]:
        """The entries after the time `after` that the ledger has, as they arrived."""
        number = _numbered(after)
        stored = select(events.c.stream, events.c.arrived).where(events.c.arrived > number)
        ends = select(stream_ends.c.stream, stream_ends.c.arrived).where(
            stream_ends.c.arrived > number
        )
        with self._engine.connect() as connection:
            found = {
                Arrival(row.stream, entry_numbered(row.arrived))
                for query in (stored, ends)
                for row in connection.execute(query)
            }
        return sorted(found)

    def correct(
        self,
        after: int,
        ids: Mapping[Arrival, EntryId],
        now: EntryId,
        lasts: Mapping[str, EntryId],
    ) -> list[StoredAgain]:
        """Give the rows after the time `after` the entries `ids`, else `now`.

        What follows from their events is derived again. Returns the events. `lasts` are the last
        entries of the streams: an end must be on its stream, or Redis would seem to lack it.
        """
        with self._engine.begin() as connection:
            rows = connection.execute(select(events).where(_is_after(after))).all()
            changed = [_corrected(row, after, ids, now) for row in rows]
            if changed:
                connection.execute(_NEW_ARRIVAL, changed)
                connection.execute(_NEW_BUILT_AT, changed)
            self._derive_experiences(connection, {row.query_id for row in rows if row.query_id})
            if any(row.stream in _OF_RUNS for row in rows):
                self._derive_runs(connection)
            ahead = select(stream_ends).where(stream_ends.c.arrived > _numbered(after))
            for row in connection.execute(ahead).all():
                end = ids.get(Arrival(row.stream, entry_numbered(row.arrived)), lasts[row.stream])
                values = {"arrived": arrival_number(end) or 0, "went_back_at": None}
                its_end = update(stream_ends).where(stream_ends.c.stream == row.stream)
                connection.execute(its_end.values(values))
        return [
            StoredAgain(row.stream, entry_numbered(new["by"]), row.body)
            for row, new in zip(rows, changed, strict=True)
        ]

    def _derive_experiences(self, connection: Connection, query_ids: set[str]) -> None:
        gone = delete_rows(connection, "experiences", query_ids)
        self._count(connection, gone, self._ledger.fold_again(connection, query_ids))

    def _derive_runs(self, connection: Connection) -> None:
        """Runs and models are few: all of them are derived again."""
        change: Counter[Count] = Counter()
        for projection, key in (("runs", runs.c.run_id), ("models", models.c.version)):
            keys = connection.execute(select(key)).scalars().all()
            change += delete_rows(connection, cast(Projection, projection), keys)
        of_runs = select(events).where(events.c.stream.in_(_OF_RUNS))
        ordered = of_runs.order_by(events.c.arrived.nulls_first(), events.c.number)
        made = [changes_of(stored_event(row)) for row in connection.execute(ordered)]
        self._count(connection, change, self._ledger.apply(connection, made))

    def _count(self, connection: Connection, gone: Counter[Count], made: Counter[Count]) -> None:
        made.subtract(gone)
        self._ledger.count(connection, made)


def _corrected(
    row: Any, after: int, ids: Mapping[Arrival, EntryId], now: EntryId
) -> dict[str, Any]:
    new = arrived = entry_numbered(row.arrived or 0)
    if row.arrived is None or row.arrived > _numbered(after):
        new = ids.get(Arrival(row.stream, arrived), now)
    return {
        "of": row.number,
        "of_example": row.example_id or "",
        "was": row.occurred_at,
        "at": min(row.occurred_at, new.latest),
        "by": arrival_number(new),
    }


_NEW_ARRIVAL = (
    update(events)
    .where(events.c.number == bindparam("of"))
    .values(arrived=bindparam("by"), occurred_at=bindparam("at"))
)
_NEW_BUILT_AT = (
    update(examples)
    .where(
        examples.c.example_id == bindparam("of_example"), examples.c.built_at == bindparam("was")
    )
    .values(built_at=bindparam("at"))
)


def _numbered(at: int) -> int:
    return arrival_number(EntryId(at // 1000, 0)) or 0


def _is_after(after: int) -> ColumnElement[bool]:
    return or_(events.c.arrived > _numbered(after), events.c.occurred_at > after)
