"""A ledger as it is at one moment, whoever writes on: hashed, and compared with another."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import Column, ColumnElement, Connection, Table, func, select, tuple_

from ledger.backends.database import open_for_reading
from ledger.backends.tables import counts, events, metadata
from ledger.domain.content_hash import ContentHash
from ledger.domain.final_state import Difference
from ratchet.contract import STREAMS

_PAGE = 500
_SHOWN = 5
_ADAPTERS = {stream.name: stream.adapter for stream in STREAMS}
T = TypeVar("T")
TableRow = dict[str, Any]
RowKey = tuple[Any, ...]


@contextmanager
def open_snapshot(url: str) -> Iterator["LedgerSnapshot"]:
    """The moment is that of the call. Raises `ratchet.contract.Unavailable`, as questions do."""
    engine = open_for_reading(url)
    try:
        with engine.connect() as connection:
            connection.execute(select(counts.c.count).limit(1)).all()
            yield LedgerSnapshot(connection)
    finally:
        engine.dispose()


class LedgerSnapshot:
    """What a ledger holds: an event's number and trace context and a count of nothing are no part.

    Events count as this version tells them, whichever wrote them.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def content_hash(self) -> str:
        """Equal for ledgers that hold the same, in whatever order it came; reads every row."""
        found = ContentHash()
        for table in metadata.sorted_tables:
            for row in self._rows(table):
                found.add(table.name, row)
        return found.hexdigest()

    @property
    def events(self) -> int:
        return self._connection.execute(select(func.count()).select_from(events)).scalar_one()

    def known(self, event_ids: Collection[str]) -> set[str]:
        """Those of `event_ids` that are kept."""
        found: set[str] = set()
        for some in _pages(event_ids):
            rows = select(events.c.event_id).where(events.c.event_id.in_(some))
            found.update(self._connection.execute(rows).scalars())
        return found

    def differences(self, other: "LedgerSnapshot") -> list[Difference]:
        """By table, what is here only, in `other` only, and not the same."""
        found = []
        for table in metadata.sorted_tables:
            missing, differing = _compared(table, self, other)
            added, _ = _compared(table, other, self)
            kinds = {
                "missing after the replay": missing,
                "only after the replay": added,
                "that differ": differing,
            }
            for kind, ids in kinds.items():
                if ids:
                    name = table.name.replace("_", " ")
                    shown = tuple(sorted(ids)[:_SHOWN])
                    found.append(Difference(f"ledger {name} {kind}", len(ids), shown))
        return found

    def _rows(self, table: Table, keys: Collection[RowKey] | None = None) -> Iterator[TableRow]:
        rows = select(*(column for column in table.columns if column is not events.c.number))
        if table is counts:
            rows = rows.where(counts.c.count != 0)
        if keys is not None:
            rows = rows.where(_is_one_of(table, keys))
        for row in self._connection.execute(rows.execution_options(yield_per=_PAGE)).mappings():
            yield _as_told_now(dict(row)) if table is events else dict(row)


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


def _as_told_now(row: TableRow) -> TableRow:
    """A version that says more tells what an older one had kept with its defaults."""
    try:
        event = _ADAPTERS[row["stream"]].validate_json(row["body"])
    except (KeyError, ValidationError):
        return row
    return {**row, "body": event.model_dump_json(exclude={"trace"})}
