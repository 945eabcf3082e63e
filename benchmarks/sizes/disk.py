"""Sizes on disk in bytes: databases, the append-only file, the archive."""

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from ledger.archive.store import ArchiveStore
from ledger.backends.database import open_for_writing
from ledger.backends.migration import migrate
from ledger.backends.writer import SqlLedger
from ledger.domain.archive.archive_file import ArchiveRow
from ratchet.contract import Stream
from ratchet.delivery import unwrap
from ratchet_testing.deliveries import delivered
from ratchet_testing.postgresql import postgresql_server, programs

_BATCH = 500


def size_of(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def tables_of(database: Path) -> tuple[Counter[str], Counter[str]]:
    """Bytes and rows of each table with rows, including its indexes."""
    bytes_, rows = Counter[str](), Counter[str]()
    with closing(sqlite3.connect(database)) as connection:
        for page in connection.execute(
            "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat d JOIN sqlite_schema s ON s.name = d.name"
            " GROUP BY s.tbl_name"
        ):
            [count] = connection.execute(f"SELECT count(*) FROM {page[0]}").fetchone()
            if count:
                bytes_[page[0]], rows[page[0]] = page[1], count
    return bytes_, rows


def archived(rows: Mapping[Stream, Sequence[ArchiveRow]]) -> dict[Stream, float]:
    """Bytes per event of each stream in the archive, in one file."""
    with tempfile.TemporaryDirectory() as directory:
        store = ArchiveStore(directory)
        return {
            stream: (Path(directory) / store.write(stream.name, some).path).stat().st_size
            / len(some)
            for stream, some in rows.items()
            if some
        }


def in_postgresql(rows: Mapping[Stream, Sequence[ArchiveRow]]) -> float | None:
    """Bytes per event in a PostgreSQL ledger; None if PostgreSQL is not installed."""
    bin_dir = programs()
    if bin_dir is None:
        return None
    events = [
        stream.adapter.validate_json(unwrap(row.payload))
        for stream, some in rows.items()
        for row in some
    ]
    with (
        tempfile.TemporaryDirectory() as directory,
        postgresql_server(bin_dir, Path(directory)) as url,
    ):
        engine = open_for_writing(url)
        migrate(engine)
        size = "SELECT pg_database_size(current_database())"
        with engine.connect() as connection:
            before = connection.exec_driver_sql(size).scalar_one()
        ledger = SqlLedger(engine)
        for start in range(0, len(events), _BATCH):
            ledger.write(delivered(events[start : start + _BATCH]))
        with engine.connect() as connection:
            after = connection.exec_driver_sql(size).scalar_one()
        engine.dispose()
    return float(after - before) / len(events)
