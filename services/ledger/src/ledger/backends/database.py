"""Engines on the ledger's database: one that writes, alone, and one that reads beside it."""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic_core import from_json, to_json
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from ratchet.contract import Unavailable

_ONE_WRITER = 0x7261746368657400
"""The key of PostgreSQL's advisory lock: a fold reads what it writes, so writers take turns."""
_PATIENCE_S = 30
_CACHE_KIB = 65_536
_JSON = {
    "json_serializer": lambda value: to_json(value).decode(),
    "json_deserializer": from_json,
}
"""Several times as fast as the standard library's."""
_PRIMARY = 0xFF
_AWAY = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_NOMEM,
}


def open_for_writing(url: str) -> Engine:
    """What a transaction of this engine committed survives a power loss.

    Its transactions come one after the other, whichever process begins them. Raises
    `ratchet.contract.Unavailable` where the database is away or its disk is full.
    """
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        Path(place.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = _open(place)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "begin", _begin_immediate)
    else:
        event.listen(engine, "begin", _take_turn)
    return engine


def open_for_reading(url: str) -> Engine:
    """An engine whose transactions see one state of the ledger and change nothing.

    A file that is not there is not made: a question raises `ratchet.contract.Unavailable`, as
    where the database is away.
    """
    engine = _open(_as_it_is(url))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _only_read)
        event.listen(engine, "begin", _begin)
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _as_it_is(url: str) -> URL:
    """SQLite makes a file where there is none, unless it is asked for one by a URI."""
    place = make_url(url)
    if place.get_backend_name() != "sqlite":
        return place
    file = f"file:{quote(place.database or '')}"
    return place.set(database=file, query={"mode": "rw", "uri": "true"})


def _open(place: URL) -> Engine:
    if place.get_backend_name() != "sqlite":
        patience = {"connect_timeout": 5}
        engine = create_engine(place, pool_pre_ping=True, connect_args=patience, **_JSON)
    else:
        engine = create_engine(place, connect_args={"timeout": _PATIENCE_S}, **_JSON)
        event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "handle_error", _say_what_is_away)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    """Transactions are begun by us, not by the driver."""
    connection.isolation_level = None
    for setting in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        f"cache_size=-{_CACHE_KIB}",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {setting}")


def _only_read(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _take_turn(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_WRITER})")


def _say_what_is_away(context: ExceptionContext) -> None:
    error = context.sqlalchemy_exception
    if isinstance(error, DBAPIError) and _is_away(error):
        raise Unavailable(f"the ledger's database: {error.orig}") from error


def _is_away(error: DBAPIError) -> bool:
    """PostgreSQL's classes 08, 53, 57 and 58, or a connection that never came about."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code in _AWAY or code & _PRIMARY in _AWAY
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    return str(state)[:2] in ("08", "53", "57", "58")
