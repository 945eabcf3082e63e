"""A consistent snapshot of a data directory whose system keeps running.

Redis accepts no writes while a read transaction begins in each database and every file is
hard-linked, so nothing is acknowledged or published in between. The snapshot is therefore what
`kill -9` would have left: databases may be ahead of Redis by entries that it delivers again, and
are never behind. No file is changed in place except the append-only file, which only grows: a link
and a length preserve it.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from redis import Redis

from ratchet.contract import utc_now
from ratchet_cli.backup.signature import KEY_FILES

_MAX_PAUSE_S = 10.0
_POLL_S = 0.01
_DATABASES = ("trainer.db", "ledger.db")
_LEFT_OUT = {
    "runs",
    "work",
    "bundles",
    "gateway",
    "up.json",
    ".up.lock",
    ".backup",
    ".backup.lock",
} | KEY_FILES
"""Files that are rebuilt: those of unfinished runs and exports, bundles; calls that wait
for Redis, which a restored gateway would have published already; the process state; and
the key that signs backups.
"""
_SKIPPED_PREFIXES = (*_DATABASES, "temp-")
"""Databases with their logs, which are copied through SQLite, and unfinished files of Redis."""
_LINKS = ".backup"
_APPEND_ONLY = Path("valkey/appendonlydir")


class SnapshotFailed(RuntimeError):
    """No consistent snapshot is possible; the message ends with the remedy."""


@dataclass(frozen=True)
class DataSnapshot:
    """`sizes` are bytes, by paths below `root`; `databases` have an open read transaction."""

    taken_at: datetime
    root: Path
    sizes: Mapping[Path, int]
    links: Mapping[Path, str]
    databases: Mapping[str, sqlite3.Connection]


@contextmanager
def hold_snapshot(data_dir: Path, redis: Redis | None) -> Iterator[DataSnapshot]:
    """`redis` is the server of `data_dir`, None if none runs and none can start.

    Raises `SnapshotFailed`, redis-py's errors and `OSError`.
    """
    links_dir = data_dir / _LINKS
    with ExitStack() as stack:
        try:
            stack.enter_context(FileLock(data_dir / f"{_LINKS}.lock", blocking=False))
        except Timeout as error:
            raise SnapshotFailed(
                f"Another backup of {data_dir} is running. Wait until it has ended."
            ) from error
        shutil.rmtree(links_dir, ignore_errors=True)
        stack.callback(shutil.rmtree, links_dir, ignore_errors=True)
        with _writes_paused(redis):
            taken_at = utc_now()
            # Databases first: a service writes a file before the row that names it, so files
            # that are linked later include every file that the rows name.
            databases = {
                name: stack.enter_context(closing(_read_transaction(data_dir / name)))
                for name in _DATABASES
                if (data_dir / name).is_file()
            }
            sizes, links = _link_files(data_dir, links_dir)
        yield DataSnapshot(taken_at, links_dir, sizes, links, databases)


@contextmanager
def _writes_paused(redis: Redis | None) -> Iterator[None]:
    if redis is None:
        yield
        return
    end = time.monotonic() + _MAX_PAUSE_S
    # The server ends the pause after this time even if this process is killed meanwhile.
    redis.client_pause(int(_MAX_PAUSE_S * 1000), all=False)
    try:
        # Redis writes its file before it replies, except while a background fsync runs: then it
        # postpones the write for up to two seconds, and a linked file would lack it.
        while redis.info("persistence").get("aof_buffer_length") and time.monotonic() < end:
            time.sleep(_POLL_S)
        yield
    finally:
        redis.client_unpause()
    if time.monotonic() >= end:
        raise SnapshotFailed(
            f"The disk took over {_MAX_PAUSE_S:.0f} s to link the files. Repeat the backup when "
            "the disk is less busy."
        )


def _read_transaction(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    # BEGIN is deferred: SQLite takes its snapshot at the first read.
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return connection


def _link_files(data_dir: Path, links_dir: Path) -> tuple[dict[Path, int], dict[Path, str]]:
    """The sizes of linked files, and the targets of symbolic links."""
    sizes: dict[Path, int] = {}
    links: dict[Path, str] = {}
    for path in _included(data_dir):
        source, target = data_dir / path, links_dir / path
        if source.is_symlink():
            links[path] = _link_target(data_dir, source)
        elif source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except FileNotFoundError:  # replaced or removed meanwhile
                continue
            sizes[path] = target.stat().st_size
    _require_append_only_files(links_dir, sizes)
    return sizes, links


def _included(data_dir: Path) -> Iterator[Path]:
    for folder, directories, names in os.walk(data_dir):
        here = Path(folder).relative_to(data_dir)
        if here == Path():
            directories[:] = [name for name in directories if name not in _LEFT_OUT]
        for name in (*directories, *names):
            if name not in _LEFT_OUT and not name.startswith(_SKIPPED_PREFIXES):
                yield here / name


def _link_target(data_dir: Path, link: Path) -> str:
    target = link.readlink()
    if target.is_absolute() or not link.resolve().is_relative_to(data_dir.resolve()):
        raise SnapshotFailed(
            f"{link} leads out of the data directory. Back up its target separately, and move the "
            "link out of the data directory."
        )
    return str(target)


def _require_append_only_files(links_dir: Path, sizes: Mapping[Path, int]) -> None:
    """Redis may have rewritten its files between the listing and the links."""
    for manifest in (links_dir / _APPEND_ONLY).glob("*.manifest"):
        for line in manifest.read_text().splitlines():
            if _APPEND_ONLY / line.split()[1] not in sizes:
                raise SnapshotFailed("Redis was rewriting its append-only file. Repeat the backup.")
