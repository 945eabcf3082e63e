"""The trainer's tables, and an engine whose commits survive a power loss."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import (
    URL,
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
    inspect,
    text,
)

from ratchet.contract import Unavailable
from ratchet.storage.sqlite import sqlite_engine

DATABASE = "trainer.db"
_VERSION = 0
"""`user_version` of the files that this release reads."""
_REMEDY = (
    "It holds the runs, the examples they used and what the scorer learned. Restore it from a "
    "backup (`ratchet restore`). If there is none, move it away and run "
    "`python -m trainer begin-anew`."
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
    Column("unfit_for", String),
)
"""`unfit_for` is the base and length (`Recipe.fits`) for which a run left the example out."""

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
    Column("of_base", Integer),
)
"""`of_base` is 1 if the run ended because of its base model, whatever its examples."""

run_examples = Table(
    "run_examples",
    metadata,
    Column("run_id", ForeignKey("runs.run_id"), primary_key=True),
    Column("example_id", String, primary_key=True, index=True),
    Column("role", String, nullable=False),
    Column("at", DateTime, nullable=False),
    sqlite_with_rowid=False,
)
"""The examples of each dataset: `role` is train, held_out or left_out, `at` when the feedback came.
"""

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

trials = Table(
    "trials",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("event_id", String, unique=True, nullable=False),
    Column("base_key", String, nullable=False, index=True),
    Column("requested_at", DateTime, nullable=False),
    Column("answered_at", DateTime),
    Column("result", Text),
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


def open_database(path: Path, was_in_use: Callable[[], bool] = lambda: False) -> Engine:
    """Open the SQLite database at `path`, or create it unless the trainer `was_in_use` before.

    Its engine raises `Unavailable` if the database is busy or its disk is full or fails. Raises
    `Unavailable`, with the remedy, for a file that is lost, damaged or of a later release: other
    files do not have what it holds.
    """
    try:
        if path.is_dir() or ((not path.exists() or not path.stat().st_size) and was_in_use()):
            raise Unavailable(f"{path} is lost")
        engine = create_database(path)
        with engine.connect() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    except Unavailable as error:
        raise Unavailable(f"{error}. {_REMEDY}") from error
    if version > _VERSION:
        raise Unavailable(f"{path} is of a later release. Run that release, or restore a backup.")
    return engine


def create_database(path: Path) -> Engine:
    """An engine on the SQLite database at `path`, whose missing tables are created.

    Its commits survive a power loss.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    place = URL.create("sqlite", database=str(path))
    engine = sqlite_engine(place, str(path), "foreign_keys=ON")
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
