"""A consistent snapshot of a ledger, which is hashed and compared with another."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import Column, ColumnElement, Connection, Table, func, select, tuple_

from ledger.backends.database import open_for_reading
from ledger.backends.tables import counts, events, metadata, stream_ends
from ledger.domain.final_state import ContentHash, Difference, differences_of
from ratchet.contract import STREAMS

_PAGE = 500
_COMPARED = [table for table in metadata.sorted_tables if table is not stream_ends]
_PATH = {events.c.number, events.c.arrived}
"""Columns that depend on the entries by which the events came, which a repair makes anew."""
_BY_ORDER = {"trace": True, "revision": True, "sources": {"__all__": {"revision": True}}}
"""Fields of events that depend on the order in which the same facts were processed."""
_ADAPTERS = {stream.name: stream.adapter for stream in STREAMS}
T = TypeVar("T")
TableRow = dict[str, Any]
RowKey = tuple[Any, ...]


@contextmanager
def open_snapshot(url: str) -> Iterator["LedgerSnapshot"]:
    """A snapshot of the time of the call; raises `ratchet.contract.Unavailable`."""
    engine = open_for_reading(url)
    try:
        with engine.connect() as connection:
            # SQLite and PostgreSQL take the snapshot at the first query, not at BEGIN.
            connection.execute(select(counts.c.count).limit(1)).all()
            yield LedgerSnapshot(connection)
    finally:
        engine.dispose()


class LedgerSnapshot:
    """The rows of a ledger, without entries and trace contexts of events and counts of zero.

    Events are compared in the form that this version writes, whichever version stored them.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def content_hash(self) -> str:
        """Equal for ledgers with equal rows, in whatever order they arrived; reads every row."""
        content = ContentHash()
        for table in _COMPARED:
            for row in self._rows(table):
                content.add(table.name, row)
        return content.hexdigest()

    @property
    def events(self) -> int:
        return self._connection.execute(select(func.count()).select_from(events)).scalar_one()

    def known(self, event_ids: Collection[str]) -> set[str]:
        """Those of `event_ids` that the ledger has."""
        known: set[str] = set()
        for some in _pages(event_ids):
            rows = select(events.c.event_id).where(events.c.event_id.in_(some))
            known.update(self._connection.execute(rows).scalars())
        return known

    def differences(self, other: "LedgerSnapshot") -> list[Difference]:
        """Rows in this snapshot only, in `other` only, and in both but unequal, by table."""
        differences: list[Difference] = []
        for table in _COMPARED:
            missing, differing = _compared(table, self, other)
            added, _ = _compared(table, other, self)
            name = f"ledger {table.name.replace('_', ' ')}"
            differences += differences_of(name, missing, added, differing)
        return differences

    def _rows(self, table: Table, keys: Collection[RowKey] | None = None) -> Iterator[TableRow]:
        rows = select(*(column for column in table.columns if column not in _PATH))
        if table is counts:
            rows = rows.where(counts.c.count != 0)
        if keys is not None:
            rows = rows.where(_is_one_of(table, keys))
        for row in self._connection.execute(rows.execution_options(yield_per=_PAGE)).mappings():
            yield _current_form(dict(row)) if table is events else dict(row)


def _compared(
    table: Table, one: LedgerSnapshot, other: LedgerSnapshot
) -> tuple[list[str], list[str]]:
    """Ids of rows of `one` that `other` lacks, and of those that differ."""
    missing, differing = [], []
    for page in _pages(one._rows(table)):
        rows = {_key_of(table, row): row for row in page}
        theirs = {_key_of(table, row): row for row in other._rows(table, rows)}
        for key, row in rows.items():
            if key not in theirs:
                missing.append(":".join(key))
            elif row != theirs[key]:
                differing.append(":".join(key))
    return missing, differing


def _pages(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while page := list(islice(left, _PAGE)):
        yield page


def _key(table: Table) -> list[Column[Any]]:
    return [events.c.event_id] if table is events else list(table.primary_key.columns)


def _key_of(table: Table, row: TableRow) -> RowKey:
    return tuple(row[column.name] for column in _key(table))


def _is_one_of(table: Table, keys: Collection[RowKey]) -> ColumnElement[bool]:
    columns = _key(table)
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return tuple_(*columns).in_(keys)


def _current_form(row: TableRow) -> TableRow:
    """The event with the fields of this version: an older version stored it without later ones.

    Revisions are left out: after a Redis that went back, reward counts on from an older one and
    builds the same example under the same event id.
    """
    try:
        event = _ADAPTERS[row["stream"]].validate_json(row["body"])
    except (KeyError, ValidationError):
        return row
    return {**row, "body": event.model_dump_json(exclude=_BY_ORDER)}
