"""One moment of a data directory, held while everything goes on.

Redis takes no writes for as long as it takes to begin a read of each database and to link every
file. So nothing is acknowledged or published in between, and what is held is what a kill at that
moment would have left: databases may be ahead of Redis by what it will deliver again, and never
behind. Files are never changed in place but for the append-only file, which grows: a link and a
length keep them.
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

_PAUSE_S = 10.0
_LOOK_S = 0.01
_DATABASES = ("trainer.db", "ledger.db")
_LEFT_OUT = {"runs", "work", "bundles", "up.json", ".up.lock", ".backup", ".backup.lock"}
"""What is made again: the files of runs and exports under way, bundles; and who runs here now."""
_READ_APART = (*_DATABASES, "temp-")
"""Databases with their logs, and what the server has not finished writing."""
_ASIDE = ".backup"
_APPEND_ONLY = Path("valkey/appendonlydir")


class CannotHold(RuntimeError):
    """What is in the way of a moment that belongs together, and what to do about it."""


@dataclass(frozen=True)
class Moment:
    """`sizes` are bytes, by paths below `root`; `databases` read the state of the moment."""

    taken_at: datetime
    root: Path
    sizes: Mapping[Path, int]
    links: Mapping[Path, str]
    databases: Mapping[str, sqlite3.Connection]


@contextmanager
def held(data_dir: Path, redis: Redis | None) -> Iterator[Moment]:
    """`redis` is the server in `data_dir`, None where none runs and none can start.

    Raises `CannotHold`, redis-py's errors and `OSError`.
    """
    aside = data_dir / _ASIDE
    with ExitStack() as stack:
        try:
            stack.enter_context(FileLock(data_dir / f"{_ASIDE}.lock", blocking=False))
        except Timeout as error:
            raise CannotHold(f"another backup of {data_dir} is under way: wait for it") from error
        shutil.rmtree(aside, ignore_errors=True)
        stack.callback(shutil.rmtree, aside, ignore_errors=True)
        with _no_writes(redis):
            taken_at = utc_now()
            # First: what a database names was in its file before.
            databases = {
                name: stack.enter_context(closing(_reading(data_dir / name)))
                for name in _DATABASES
                if (data_dir / name).is_file()
            }
            sizes, links = _linked(data_dir, aside)
        yield Moment(taken_at, aside, sizes, links, databases)


@contextmanager
def _no_writes(redis: Redis | None) -> Iterator[None]:
    """The pause ends by itself if this process does not live to end it."""
    if redis is None:
        yield
        return
    end = time.monotonic() + _PAUSE_S
    redis.client_pause(int(_PAUSE_S * 1000), all=False)
    try:
        while redis.info("persistence").get("aof_buffer_length") and time.monotonic() < end:
            time.sleep(_LOOK_S)
        yield
    finally:
        redis.client_unpause()
    if time.monotonic() >= end:
        raise CannotHold(
            f"the disk took over {_PAUSE_S:.0f} s to link the files: try again at less load"
        )


def _reading(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return connection


def _linked(data_dir: Path, aside: Path) -> tuple[dict[Path, int], dict[Path, str]]:
    sizes: dict[Path, int] = {}
    links: dict[Path, str] = {}
    for path in _kept(data_dir):
        source, target = data_dir / path, aside / path
        if source.is_symlink():
            links[path] = _inside(data_dir, source)
        elif source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except FileNotFoundError:  # it has just been replaced or removed
                continue
            sizes[path] = target.stat().st_size
    _require_append_only_files(aside, sizes)
    return sizes, links


def _kept(data_dir: Path) -> Iterator[Path]:
    for folder, directories, names in os.walk(data_dir):
        here = Path(folder).relative_to(data_dir)
        if here == Path():
            directories[:] = [name for name in directories if name not in _LEFT_OUT]
        for name in (*directories, *names):
            if name not in _LEFT_OUT and not name.startswith(_READ_APART):
                yield here / name


def _inside(data_dir: Path, link: Path) -> str:
    told = link.readlink()
    if told.is_absolute() or not link.resolve().is_relative_to(data_dir.resolve()):
        raise CannotHold(
            f"{link} leads out of the data directory: back up what is there by itself, and move "
            "the link away"
        )
    return str(told)


def _require_append_only_files(aside: Path, sizes: Mapping[Path, int]) -> None:
    """The server may have written them anew meanwhile."""
    for manifest in (aside / _APPEND_ONLY).glob("*.manifest"):
        for line in manifest.read_text().splitlines():
            if _APPEND_ONLY / line.split()[1] not in sizes:
                raise CannotHold("the append-only file was being written anew: try again")
