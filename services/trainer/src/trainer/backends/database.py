"""The trainer's tables, and an engine that survives a crash at any moment."""

from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
)

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
    Column("broken_attempts", Integer, nullable=False, default=0),
    Column("verdict", String),
    Column("reason", Text),
    Column("manifest", Text),
    Column("ended_at", DateTime),
)

requests = Table(
    "requests",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("event_id", String, unique=True, nullable=False),
    Column("requested_by", String, nullable=False),
    Column("run_id", ForeignKey("runs.run_id")),
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


def open_database(path: Path) -> Engine:
    """An SQLite database at `path`, made if absent: what is committed survives a power loss."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    metadata.create_all(engine)
    return engine
