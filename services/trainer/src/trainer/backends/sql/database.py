"""The trainer's tables, and an engine whose commits survive a power loss."""

import sqlite3
from errno import EIO, ENOSPC
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    inspect,
    text,
)
from sqlalchemy.engine.interfaces import ExceptionContext

_PRIMARY = 0xFF
_ERRNO = {
    sqlite3.SQLITE_FULL: ENOSPC,
    sqlite3.SQLITE_IOERR_SHMSIZE: ENOSPC,
    sqlite3.SQLITE_IOERR: EIO,
}
metadata = MetaData()

examples = Table(
    "examples",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("example_id", String, unique=True, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", String, nullable=False, index=True),
    Column("aspect", String, nullable=False),
    Column("event", Text, nullable=False),
    Column("consumed_by", ForeignKey("runs.run_id"), index=True),
)

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("run_id", String, unique=True, nullable=False),
    Column("dataset_sha256", String, nullable=False, index=True),
    Column("plan", Text, nullable=False),
    Column("method", String),
    Column("broken_attempts", Integer, nullable=False, default=0),
    Column("cancelled_by", String),
    Column("verdict", String),
    Column("reason", Text),
    Column("manifest", Text),
    Column("ended_at", DateTime),
    Column("tainted", Integer),
)

run_examples = Table(
    "run_examples",
    metadata,
    Column("run_id", ForeignKey("runs.run_id"), primary_key=True),
    Column("example_id", String, primary_key=True, index=True),
    Column("role", String, nullable=False),
    Column("at", DateTime, nullable=False),
    sqlite_with_rowid=False,
)
"""The examples of each dataset: `role` is train or held_out, `at` when the feedback came."""

requests = Table(
    "requests",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("event_id", String, unique=True, nullable=False),
    Column("requested_by", String, nullable=False),
    Column("method", String),
    Column("run_id", ForeignKey("runs.run_id")),
)

models = Table(
    "models",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("event_id", String, unique=True, nullable=False),
    Column("event", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("event_id", String, unique=True, nullable=False),
    Column("stream", String, nullable=False),
    Column("event", Text, nullable=False),
    Column("published", Integer, nullable=False, default=0),
)

scored = Table(
    "scored",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("query_id", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("user_id", String, nullable=False),
    Column("day", Integer, nullable=False),
    Column("taught", Integer, nullable=False),
    Column("skipped", String, index=True),
    Column("decision_id", String, index=True),
    Column("event", Text, nullable=False),
    UniqueConstraint("query_id", "revision"),
    Index("scored_by_operator", "user_id", "day"),
    sqlite_autoincrement=True,
)

decisions = Table(
    "decisions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("decision_id", String, unique=True, nullable=False),
    Column("event", Text, nullable=False),
    sqlite_autoincrement=True,
)

learner = Table(
    "learner",
    metadata,
    Column("only", Integer, primary_key=True),
    Column("progress", Text, nullable=False),
    Column("tensors", LargeBinary, nullable=False),
)

scorers = Table(
    "scorers",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("version", String, unique=True, nullable=False),
    Column("withdrawn", Integer, nullable=False, default=0),
    Column("event", Text, nullable=False),
)


def open_database(path: Path) -> Engine:
    """Open the SQLite database at `path`, or create it; commits survive a power loss.

    Its engine raises `OSError` if the disk is full or fails.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @event.listens_for(engine, "handle_error")
    def _raise_disk_errors(context: ExceptionContext) -> None:
        error = context.original_exception
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        number = _ERRNO.get(code) or _ERRNO.get(code & _PRIMARY)
        if number is not None:
            raise OSError(number, f"{path.name}: {error}") from error

    metadata.create_all(engine)
    _add_missing(engine)
    return engine


def _add_missing(engine: Engine) -> None:
    """Add the columns and indexes that a newer release defines; new columns may be null."""
    known = inspect(engine)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            columns = {column["name"] for column in known.get_columns(table.name)}
            for column in table.columns:
                if column.name not in columns:
                    kind = column.type.compile(engine.dialect)
                    connection.execute(text(f"ALTER TABLE {table.name} ADD {column.name} {kind}"))
            for index in table.indexes:
                index.create(connection, checkfirst=True)
