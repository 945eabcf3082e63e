"""Reads rows in a short transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, Executable, Row


def read(engine: Engine, statement: Executable) -> "Sequence[Row[*tuple[Any, ...]]]":
    """Every row of `statement`; nothing stays open for the write that may follow."""
    with engine.connect() as connection:
        return connection.execute(statement).all()
