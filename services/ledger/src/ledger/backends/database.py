"""Creates the engines of the ledger's database: one writes alone, the others read."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic_core import from_json, to_json
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    OperationalError,
)

from ledger.backends.damage_mark import DamageMark
from ratchet.contract import Unavailable
from ratchet.storage.sqlite import Damaged, sqlite_engine
from ratchet_text import Secrets

_ONE_WRITER = 0x7261746368657400
"""The key of PostgreSQL's advisory lock, which serializes writers: a fold reads what it writes."""
_NAME = "the ledger's database"
_CACHE_KIB = 65_536
_JSON = {
    "json_serializer": lambda value: to_json(value).decode(),
    "json_deserializer": from_json,
}
"""pydantic-core is several times as fast as the standard library's json."""


def open_for_writing(url: str) -> Engine:
    """An engine whose commits survive a power loss, and whose transactions are serialized.

    That holds across processes. The engine raises `ratchet.contract.Unavailable` if the database
    is unavailable or its disk is full.
    """
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        Path(place.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = _open(place, DamageMark(url).set)
    lock = f"SELECT pg_advisory_xact_lock({_ONE_WRITER})"
    first = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else lock
    event.listen(engine, "begin", partial(_execute, first))
    return engine


def open_for_reading(url: str) -> Engine:
    """An engine whose transactions read one snapshot and change nothing.

    It raises `ratchet.contract.Unavailable` if the database is unavailable or its file missing.
    """
    engine = _open(_existing(url), DamageMark(url).set, "query_only=ON")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "begin", partial(_execute, "BEGIN"))
        _follow_replacement(engine, Path(make_url(url).database or ""))
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _existing(url: str) -> URL:
    # SQLite creates a missing file, unless a URI opens it with mode=rw. Read-only mode would not
    # do: a reader of a WAL database writes its shared-memory file.
    place = make_url(url)
    if place.get_backend_name() != "sqlite":
        return place
    file = f"file:{quote(place.database or '')}"
    return place.set(database=file, query={"mode": "rw", "uri": "true"})


def _open(place: URL, damaged: Callable[[], None], *pragmas: str) -> Engine:
    """`pragmas` are for SQLite only."""
    if place.get_backend_name() == "sqlite":
        cache = (f"cache_size=-{_CACHE_KIB}", "temp_store=MEMORY")
        json = {**_JSON, "json_deserializer": partial(_read_json, damaged)}
        engine = sqlite_engine(place, _NAME, *cache, *pragmas, on_damage=damaged, **json)
        event.listen(engine, "connect", _begin_explicitly)
        return engine
    timeout = {"connect_timeout": 5}
    engine = create_engine(
        place, pool_pre_ping=True, connect_args=timeout, hide_parameters=True, **_JSON
    )
    hide = Secrets.of([place.render_as_string(hide_password=False)], {}).hide

    @event.listens_for(engine, "handle_error")
    def _raise_unavailable(context: ExceptionContext) -> None:
        error = context.sqlalchemy_exception
        if not isinstance(error, DBAPIError):
            return
        _leave_out_values(error)
        if _is_unavailable(error):
            raise Unavailable(f"{_NAME}: {hide(str(error.orig))}") from error

    return engine


def _read_json(damaged: Callable[[], None], value: str) -> Any:
    """SQLite does not notice changed bytes inside a value; what the ledger wrote is JSON."""
    try:
        return from_json(value)
    except ValueError as error:
        damaged()
        raise Damaged(f"{_NAME} is damaged: a value is not JSON") from error


def _leave_out_values(error: DBAPIError) -> None:
    """Keep the first line of PostgreSQL's message: what follows quotes the row, so people's words.

    A data error quotes the value after a colon in the first line, too.
    """
    diagnosis = getattr(error.orig, "diag", None)
    if error.orig is None or diagnosis is None or diagnosis.message_primary is None:
        return
    message = diagnosis.message_primary
    if isinstance(error, DataError):
        message = message.partition(":")[0]
    error.orig.args = (message,)
    error.args = (f"({type(error.orig).__name__}) {message}",)


def _follow_replacement(engine: Engine, path: Path) -> None:
    """Open the file at `path` again after it was replaced: a rebuilt ledger is another file."""

    @event.listens_for(engine, "connect")
    def _remember(_connection: Any, record: Any) -> None:
        record.info["inode"] = _inode(path)

    @event.listens_for(engine, "checkout")
    def _compare(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info["inode"] != _inode(path):
            raise DisconnectionError


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _begin_explicitly(connection: Any, _record: Any) -> None:
    # The driver would start a transaction only before the first write, so that a SELECT before it
    # saw another snapshot. https://docs.python.org/3/library/sqlite3.html#transaction-control
    connection.isolation_level = None


def _execute(statement: str, connection: Connection) -> None:
    connection.exec_driver_sql(statement)


def _is_unavailable(error: DBAPIError) -> bool:
    # PostgreSQL's classes: 08 connection, 53 resources (disk full), 57 shutdown, 58 system error.
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    return str(state)[:2] in ("08", "53", "57", "58")
