"""Where the archive lies: a directory, or whatever fsspec reaches by its URL."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

from filelock import AsyncFileLock, FileLock
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]
from redis.asyncio import Redis

from ledger.archive.filesystems import open_filesystem
from ledger.archive.lease import leased_turn
from ledger.archive.parquet import UnreadableParquet, from_parquet, to_parquet
from ledger.domain.archive.archive_file import ArchiveFile, ArchiveRow, file_from_path, file_of
from ratchet.storage import flush, write_whole

_ASIDE = ".erasing"


class CorruptArchive(RuntimeError):
    """A file of the archive does not hold what its name says."""


class ArchiveStore:
    """`url` is a path, `s3://bucket/prefix` or any other that fsspec knows.

    Files never change, but for `replace`, by which people are forgotten.
    """

    def __init__(self, url: str) -> None:
        self._fs, self._root = open_filesystem(url)
        self._halfway: set[str] = set()

    def files(self, stream: str) -> list[ArchiveFile]:
        """The files of `stream` in order; raises `CorruptArchive` where two of them overlap."""
        self._fs.invalidate_cache()
        folder = f"{self._root}/{stream}"
        paths = self._fs.find(folder)
        if any(path.endswith(_ASIDE) for path in paths):
            self._halfway.add(stream)
        found = [
            file_from_path(stream, re.sub(rf"^.*?{re.escape(folder.lstrip('/'))}/", "", path))
            for path in paths
        ]
        files = sorted(file for file in found if file is not None)
        for before, after in pairwise(files):
            if after.first <= before.last:
                raise CorruptArchive(
                    f"{before.path} and {after.path} overlap: take one of them away"
                )
        return files

    def write(self, stream: str, rows: Sequence[ArchiveRow]) -> ArchiveFile:
        """Keep `rows` for good, and read them back; raises `CorruptArchive` where they differ."""
        file = file_of(stream, rows)
        self._put(f"{self._root}/{file.path}", to_parquet(rows))
        if self.read(file) != list(rows):
            raise CorruptArchive(
                f"{file.path} was read back and holds other rows than were written"
            )
        return file

    def read(self, file: ArchiveFile) -> list[ArchiveRow]:
        """The rows of `file`, verified; raises `CorruptArchive` naming it."""
        try:
            rows = from_parquet(self._fs.cat_file(f"{self._root}/{file.path}"))
        except UnreadableParquet as error:
            raise CorruptArchive(f"{file.path} is damaged: {error}") from error
        if not rows or file_of(file.stream, rows) != file:
            raise CorruptArchive(f"{file.path} is damaged: its name tells of other rows")
        return rows

    @asynccontextmanager
    async def turn(self, redis: Redis) -> AsyncIterator[None]:
        """Inside, nobody else archives or erases: of a directory on this machine, of a bucket
        on any that shares `redis`. Raises as `leased_turn`.
        """
        if not isinstance(self._fs, LocalFileSystem):
            async with leased_turn(redis):
                yield
            return
        _make(Path(self._root))
        async with AsyncFileLock(f"{self._root}/.turn"):
            yield

    def replace(self, file: ArchiveFile, rows: Sequence[ArchiveRow]) -> None:
        """Keep `rows` in the place of those of `file`; a kill leaves what `mend` mends."""
        old = f"{self._root}/{file.path}"
        if rows:
            self._put(old + _ASIDE, to_parquet(rows))
            if from_parquet(self._fs.cat_file(old + _ASIDE)) != list(rows):
                raise CorruptArchive(f"{file.path}{_ASIDE} was read back and holds other rows")
        self._remove(old)
        if rows:
            self._settle(file.stream, old + _ASIDE)

    def is_halfway(self, stream: str) -> bool:
        """Whether `files` has met what a kill left of `replace`."""
        return stream in self._halfway

    def mend(self, stream: str) -> None:
        """Bring to its end what a kill left of `replace`, and take away what it left of writing."""
        self._fs.invalidate_cache()
        for path in self._fs.find(f"{self._root}/{stream}"):
            if path.endswith(".part"):
                self._remove(path)
            elif path.endswith(_ASIDE):
                if self._fs.exists(path.removesuffix(_ASIDE)):
                    self._remove(path)
                else:
                    self._settle(stream, path)
        self._halfway.discard(stream)

    def _settle(self, stream: str, aside: str) -> None:
        content = self._fs.cat_file(aside)
        file = file_of(stream, from_parquet(content))
        target = f"{self._root}/{file.path}"
        if isinstance(self._fs, LocalFileSystem):
            _make(Path(target).parent)
            Path(aside).replace(target)
            flush(Path(target).parent)
            flush(Path(aside).parent)
            return
        self._fs.pipe_file(target, content)
        self._fs.rm_file(aside)

    def _remove(self, path: str) -> None:
        self._fs.rm_file(path)
        if isinstance(self._fs, LocalFileSystem):
            flush(Path(path).parent)

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
