"""Short transactions: one that reads, and one that adds what is not stored yet."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Engine, Executable, Row
from sqlalchemy.dialects.sqlite import insert


def read(engine: Engine, statement: Executable) -> "Sequence[Row[*tuple[Any, ...]]]":
    """Every row of `statement`; nothing stays open for the write that may follow."""
    with engine.connect() as connection:
        return connection.execute(statement).all()


def read_first(engine: Engine, statement: Executable) -> "Row[*tuple[Any, ...]] | None":
    """The first row of `statement`; None without any."""
    return next(iter(read(engine, statement)), None)


def add_once(engine: Engine, key: Column[str], rows: Sequence[dict[str, Any]]) -> None:
    """Insert `rows` into the table of `key`; a row whose key is stored already is ignored."""
    once = insert(key.table).on_conflict_do_nothing(index_elements=[key])
    if rows:
        with engine.begin() as connection:
            connection.execute(once, rows)
