"""Files out of a moment into a backup, and out of a backup into a data directory."""

import hashlib
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from ratchet.storage import flush, flush_tree, sha256_of
from ratchet_cli.backup.manifest import Content, Manifest, NoBackup, read
from ratchet_cli.backup.moment import CannotHold, Moment

_CHUNK = 1 << 20
_DATA = "data"


class NotEmpty(ValueError):
    """There is something already where a new directory is to be."""


class Copies:
    """What is one file under two names, as a model is in its registry, stays one."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Path, Content]] = {}

    def copy(self, source: Path, target: Path, size: int) -> Content:
        """The first `size` bytes of `source` into `target`, with the same mode."""
        target.parent.mkdir(parents=True, exist_ok=True)
        number = source.stat().st_ino
        if number in self._made:
            first, content = self._made[number]
            target.hardlink_to(first)
            return content
        digest, left = hashlib.sha256(), size
        with source.open("rb") as origin, target.open("wb") as copy:
            while left and (chunk := origin.read(min(left, _CHUNK))):
                digest.update(chunk)
                copy.write(chunk)
                left -= len(chunk)
        shutil.copymode(source, target)
        content = Content(sha256=digest.hexdigest(), size=size - left)
        self._made[number] = target, content
        return content


def take(moment: Moment, target: Path) -> Manifest:
    """Write `target`, which is not there before and whole afterwards.

    Raises `NotEmpty`, `OSError`, and `CannotHold` where a database is damaged.
    """
    if target.exists():
        raise NotEmpty(f"{target} is there already: name a new directory")
    aside = _aside(target)
    data = aside / _DATA
    copies = Copies()
    files = {
        str(path): copies.copy(moment.root / path, data / path, size)
        for path, size in sorted(moment.sizes.items())
    }
    for name, connection in moment.databases.items():
        files[name] = _database(connection, data / name)
    links = {str(path): told for path, told in sorted(moment.links.items())}
    flush_tree(aside)
    _link(data, links)
    manifest = Manifest(taken_at=moment.taken_at, files=files, links=links)
    manifest.write(aside)
    _settle(aside, target)
    return manifest


def restore(backup: Path, data_dir: Path) -> Manifest:
    """Make `data_dir`, which holds nothing before, what `backup` says; verified file by file.

    Raises `NoBackup` naming the file at fault, `NotEmpty` and `OSError`; nothing is there then.
    """
    if data_dir.exists() and any(data_dir.iterdir()):
        raise NotEmpty(f"{data_dir} is not empty: move it away, or name another --data-dir")
    manifest = read(backup)
    aside, copies = _aside(data_dir), Copies()
    try:
        for path, content in manifest.files.items():
            source = backup / _DATA / path
            if not source.is_file() or source.stat().st_size != content.size:
                raise NoBackup(f"{source} is missing or not as long as it was: take another backup")
            if copies.copy(source, aside / path, content.size) != content:
                raise NoBackup(f"{source} is damaged: take another backup")
        flush_tree(aside)
        _link(aside, manifest.links)
        _settle(aside, data_dir)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return manifest


def _aside(target: Path) -> Path:
    """An empty directory beside `target`, for its owner alone."""
    aside = target.resolve().with_name(f".{target.resolve().name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True, mode=0o700)
    return aside


def _settle(aside: Path, target: Path) -> None:
    flush(aside)
    aside.replace(target.resolve())
    flush(target.resolve().parent)


def _database(reading: sqlite3.Connection, target: Path) -> Content:
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(target)) as copy:
        reading.backup(copy)
        [found] = copy.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise CannotHold(f"{target.name} is damaged ({found}): restore an earlier backup")
    return Content(sha256=sha256_of(target), size=target.stat().st_size)


def _link(root: Path, links: Mapping[str, str]) -> None:
    for path, told in links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(told)
        flush((root / path).parent)
