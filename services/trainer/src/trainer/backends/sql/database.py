"""Opens the trainer's database, whose commits survive a power loss."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL, Engine, inspect, select, text

from ratchet.contract import Unavailable
from ratchet.storage.sqlite import sqlite_engine
from trainer.backends.sql.tables import metadata, runs

DATABASE = "trainer.db"
_VERSION = 0
"""`user_version` of the files that this release reads."""
_REMEDY = (
    "It holds the runs, the examples they used and what the scorer learned. Restore it from a "
    "backup (`ratchet restore`). If there is none, move it away and run "
    "`python -m trainer begin-anew`."
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


def problem_of(engine: Engine) -> str | None:
    """Why the database cannot be read now; None if it can."""
    try:
        with engine.connect() as connection:
            connection.execute(select(runs.c.number).limit(1))
    except Unavailable as error:
        return str(error)
    return None
