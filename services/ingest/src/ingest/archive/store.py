"""Where the archive lies: a directory, or whatever fsspec reaches by its URL."""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from filelock import FileLock
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

from ingest.archive.parquet import Unreadable, packed, unpacked
from ingest.archive.places import opened
from ingest.domain.archived import ArchiveFile, Row, file_at, file_of
from ratchet.durable import flush, write_whole


class Corrupt(RuntimeError):
    """A file of the archive does not hold what its name says."""


class ArchiveStore:
    """`url` is a path, `s3://bucket/prefix` or any other that fsspec knows; files never change."""

    def __init__(self, url: str) -> None:
        self._fs, self._root = opened(url)

    def files(self, stream: str) -> list[ArchiveFile]:
        """The files of `stream` in order; raises `Corrupt` where two of them overlap."""
        self._fs.invalidate_cache()
        folder = f"{self._root}/{stream}"
        found = [
            file_at(stream, re.sub(rf"^.*?{re.escape(folder.lstrip('/'))}/", "", path))
            for path in self._fs.find(folder)
        ]
        files = sorted(file for file in found if file is not None)
        for before, after in pairwise(files):
            if after.first <= before.last:
                raise Corrupt(f"{before.path} and {after.path} overlap: take one of them away")
        return files

    def write(self, stream: str, rows: Sequence[Row]) -> ArchiveFile:
        """Keep `rows` for good, and read them back; raises `Corrupt` where they differ."""
        file = file_of(stream, rows)
        self._put(f"{self._root}/{file.path}", packed(rows))
        if self.read(file) != list(rows):
            raise Corrupt(f"{file.path} was read back and holds other rows than were written")
        return file

    def read(self, file: ArchiveFile) -> list[Row]:
        """The rows of `file`, verified; raises `Corrupt` naming it."""
        try:
            rows = unpacked(self._fs.cat_file(f"{self._root}/{file.path}"))
        except Unreadable as error:
            raise Corrupt(f"{file.path} is damaged: {error}") from error
        if not rows or file_of(file.stream, rows) != file:
            raise Corrupt(f"{file.path} is damaged: its name tells of other rows")
        return rows

    def _put(self, path: str, content: bytes) -> None:
        """An object store takes an object whole or not at all; a directory needs care for that.

        Archivists that share a directory take turns: what lies aside is one's alone.
        """
        if not isinstance(self._fs, LocalFileSystem):
            self._fs.pipe_file(path, content)
            return
        target = Path(path)
        _make(target.parent)
        with FileLock(f"{self._root}/.writing"):
            write_whole(target, content)


def _make(directory: Path) -> None:
    """The directory and those above it, each on the disk before a file is in it."""
    if not directory.is_dir():
        _make(directory.parent)
        directory.mkdir(exist_ok=True)
        flush(directory.parent)
