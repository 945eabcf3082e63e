"""SQLite engines whose commits survive a power loss."""

import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine.interfaces import ExceptionContext

from ratchet.contract import Unavailable

# synchronous=FULL: an event is acknowledged after its commit, which must be on the disk then.
# secure_delete=ON: erased text must not remain in freed pages.
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")
_BUSY_TIMEOUT_S = 30
_PRIMARY = 0xFF
_UNAVAILABLE = {
    getattr(sqlite3, f"SQLITE_{name}")
    for name in ("FULL", "IOERR", "BUSY", "LOCKED", "CANTOPEN", "READONLY", "NOMEM")
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Damaged(Unavailable):
    """The file is not a sound database: reading it again does not help."""


def sqlite_engine(
    place: URL,
    name: str,
    *pragmas: str,
    on_damage: Callable[[], None] = lambda: None,
    **options: Any,
) -> Engine:
    """An engine with `pragmas` and SQLAlchemy's `options`.

    It raises `Unavailable`, with `name`, if the database is busy or its disk is full or fails, and
    `Damaged` if the file is damaged, after a call of `on_damage`. Errors do not contain the values
    of a statement.
    """
    timeout = {"timeout": _BUSY_TIMEOUT_S}
    engine = create_engine(place, connect_args=timeout, hide_parameters=True, **options)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        for pragma in (*_PRAGMAS, *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "handle_error")
    def _raise_unavailable(context: ExceptionContext) -> None:
        error = context.original_exception
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
        if code in _DAMAGED or "Could not decode to UTF-8" in str(error):
            on_damage()
            raise Damaged(f"{name} is damaged: {error}") from error
        if code in _UNAVAILABLE:
            raise Unavailable(f"{name}: {error}") from error

    return engine
