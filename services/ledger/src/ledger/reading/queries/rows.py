"""Converts rows to the columns of views."""

import json
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, RowMapping, Table, select

from ledger.backends.tables import events, metadata
from ledger.reading.views import StoredEvent
from ratchet.contract import time_of

V = TypeVar("V")
_TIMES = {
    column.name
    for table in metadata.sorted_tables
    for column in table.columns
    if column.name.endswith("_at")
}


def columns_of(table: Table, view: type[Any]) -> list[Column[Any]]:
    """The columns of `table` that have a field in `view`."""
    names = {field.name for field in fields(view)}
    return [column for column in table.columns if column.name in names]


def columns_by_name(row: RowMapping) -> dict[str, Any]:
    """The columns of `row` by name, those that end in `_at` as times."""
    columns = dict(zip(row.keys(), row.values(), strict=True))
    for name in _TIMES.intersection(columns):
        if columns[name] is not None:
            columns[name] = time_of(columns[name])
    return columns


def events_about(connection: Connection, column: str, key: str) -> tuple[StoredEvent, ...]:
    """The events whose `column` is `key`, in the order in which they happened."""
    rows = connection.execute(
        select(*columns_of(events, StoredEvent))
        .where(events.c[column] == key)
        .order_by(events.c.occurred_at, events.c.number)
    ).mappings()
    return tuple(
        StoredEvent(**columns_by_name(row) | {"body": json.loads(row["body"])}) for row in rows
    )
