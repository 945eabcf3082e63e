"""The last entry of each stream that the ledger has, by which it notices what Redis lost."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, func, select, update

from ledger.backends.rows import chunks
from ledger.backends.tables import events, examples, experiences, stream_ends
from ledger.domain.values import arrival_number, entry_numbered
from ratchet.contract import BEGINNING, Delivered, EntryId, Event, stream_of


class StreamEnd(NamedTuple):
    """`went_back_at` (microseconds since 1970) is when Redis turned out to lack entries."""

    entry_id: EntryId
    went_back_at: int | None


class StreamEnds:
    """Reads and writes the ends on an engine of `open_for_writing`; raises `Unavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self) -> dict[str, StreamEnd]:
        """By the stream's name."""
        with self._engine.connect() as connection:
            return {
                row.stream: StreamEnd(entry_numbered(row.arrived), row.went_back_at)
                for row in connection.execute(select(stream_ends))
            }

    def mark(self, stream: str, at: int) -> None:
        """Note that Redis lacks entries of `stream`, once until `reset`."""
        known = stream_ends.c.stream == stream, stream_ends.c.went_back_at.is_(None)
        with self._engine.begin() as connection:
            connection.execute(update(stream_ends).where(*known).values(went_back_at=at))

    def reset(self, ends: Mapping[str, EntryId]) -> None:
        """The streams are complete again, and end at `ends`."""
        with self._engine.begin() as connection:
            for stream, entry_id in ends.items():
                values = {"arrived": arrival_number(entry_id) or 0, "went_back_at": None}
                its_row = stream_ends.c.stream == stream
                connection.execute(update(stream_ends).where(its_row).values(values))

    def events_from(self, stream: str, first: EntryId) -> list[tuple[EntryId, str, str]]:
        """Entry, id and body of the stored events of `stream` from `first` on, as they arrived."""
        start = arrival_number(first) or 0
        rows = (
            select(events.c.arrived, events.c.event_id, events.c.body)
            .where(events.c.stream == stream, events.c.arrived >= start)
            .order_by(events.c.arrived, events.c.number)
        )
        with self._engine.connect() as connection:
            return [
                (entry_numbered(row.arrived), row.event_id, row.body)
                for row in connection.execute(rows)
            ]

    def last_facts(self, streams: Sequence[str], since: EntryId) -> dict[str, dict[str, int]]:
        """By query id and stream, when the last event about it arrived, if one did since then."""
        last: dict[str, dict[str, int]] = {}
        arrived = func.max(events.c.arrived)
        rows = (
            select(events.c.query_id, events.c.stream, arrived.label("arrived"))
            .where(events.c.stream.in_(streams), events.c.query_id.is_not(None))
            .group_by(events.c.query_id, events.c.stream)
            .having(arrived >= (arrival_number(since) or 0))
        )
        with self._engine.connect() as connection:
            for row in connection.execute(rows):
                last.setdefault(row.query_id, {})[row.stream] = row.arrived
        return last

    def events_about(
        self, stream: str, names: Collection[str], column: str = "query_id"
    ) -> list[tuple[int, str]]:
        """Arrival and body of the stored events of `stream` with one of these ids in `column`."""
        with self._engine.connect() as connection:
            return [
                (row.arrived or 0, row.body)
                for some in chunks(names)
                for row in connection.execute(
                    select(events.c.arrived, events.c.body).where(
                        events.c.stream == stream, events.c[column].in_(some)
                    )
                )
            ]

    def highest_revision(self) -> int:
        """The highest one of an example or of a score, 0 without any."""
        with self._engine.connect() as connection:
            highest = (
                connection.execute(select(func.max(table.c.revision))).scalar()
                for table in (examples, experiences)
            )
            return max(number or 0 for number in highest)


def advance(
    connection: Connection, insert: Callable[..., Any], batch: Sequence[Delivered[Event]]
) -> None:
    """Note the last entries in `batch` as the ends of their streams, unless they are earlier."""
    ends: dict[str, EntryId] = {}
    for event, _, entry_id in batch:
        name = stream_of(event).name
        ends[name] = max(entry_id, ends.get(name, BEGINNING))
    rows = [
        {"stream": name, "arrived": arrived}
        for name, entry_id in sorted(ends.items())
        if (arrived := arrival_number(entry_id)) is not None
    ]
    if not rows:
        return
    statement = insert(stream_ends)
    new = statement.excluded.arrived
    later = statement.on_conflict_do_update(
        index_elements=["stream"], set_={"arrived": new}, where=new > stream_ends.c.arrived
    )
    connection.execute(later, rows)
