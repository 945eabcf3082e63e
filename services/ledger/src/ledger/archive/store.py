"""Stores archive files in a directory, a bucket or any other file system of fsspec."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

from filelock import AsyncFileLock, FileLock
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]
from redis.asyncio import Redis

from ledger.archive.filesystems import open_filesystem
from ledger.archive.parquet import UnreadableParquet, from_parquet, to_parquet
from ledger.domain.archive.archive_file import ArchiveFile, ArchiveRow, file_from_path, file_of
from ratchet.storage import flush, hold_lease, write_whole

_REPLACEMENT = ".erasing"
_LEASE_KEY = "ratchet:archive-turn"
_LEASE_S = 60.0


class CorruptArchive(RuntimeError):
    """A file of the archive does not hold the rows that its name promises."""


class ArchiveStore:
    """The archive at `url`: a path, `s3://bucket/prefix`, or another URL that fsspec opens.

    Files are immutable, except that `replace` rewrites them to erase rows.
    """

    def __init__(self, url: str) -> None:
        self._fs, self._root = open_filesystem(url)
        self._interrupted: set[str] = set()

    def files(self, stream: str) -> list[ArchiveFile]:
        """The files of `stream`, in order; raises `CorruptArchive` if two of them overlap."""
        self._fs.invalidate_cache()
        folder = f"{self._root}/{stream}"
        paths = self._fs.find(folder)
        if any(path.endswith(_REPLACEMENT) for path in paths):
            self._interrupted.add(stream)
        parsed = [
            file_from_path(stream, re.sub(rf"^.*?{re.escape(folder.lstrip('/'))}/", "", path))
            for path in paths
        ]
        files = sorted(file for file in parsed if file is not None)
        for before, after in pairwise(files):
            if after.first <= before.last:
                raise CorruptArchive(f"{before.path} and {after.path} overlap. Remove one of them.")
        return files

    def write(self, stream: str, rows: Sequence[ArchiveRow]) -> ArchiveFile:
        """Store `rows` durably and read them back; raises `CorruptArchive` if they differ."""
        file = file_of(stream, rows)
        self._put(f"{self._root}/{file.path}", to_parquet(rows))
        # The stream is trimmed next: what the medium returns is the only copy then.
        if self.read(file) != list(rows):
            raise CorruptArchive(f"{file.path} was read back with other rows than were written")
        return file

    def read(self, file: ArchiveFile) -> list[ArchiveRow]:
        """The rows of `file`, verified; raises `CorruptArchive` with its path."""
        try:
            rows = from_parquet(self._fs.cat_file(f"{self._root}/{file.path}"))
        except UnreadableParquet as error:
            raise CorruptArchive(f"{file.path} is damaged: {error}") from error
        if not rows or file_of(file.stream, rows) != file:
            raise CorruptArchive(f"{file.path} is damaged: its name is that of other rows")
        return rows

    @asynccontextmanager
    async def exclusive(self, redis: Redis) -> AsyncIterator[None]:
        """Exclude every other archivist and erasure while the context is open.

        A directory is locked on this machine, a bucket by a lease in `redis`. Raises `LeaseLost`
        and redis-py's errors.
        """
        if not isinstance(self._fs, LocalFileSystem):
            async with hold_lease(redis, _LEASE_KEY, _LEASE_S, spare_s=_LEASE_S / 2, wait=True):
                yield
            return
        _make(Path(self._root))
        async with AsyncFileLock(f"{self._root}/.turn"):
            yield

    def replace(self, file: ArchiveFile, rows: Sequence[ArchiveRow]) -> None:
        """Store `rows` instead of those of `file`; `recover` completes it after a kill."""
        # The replacement has another name, because its content has another hash. It is complete
        # on the disk before the old file goes, so every kill leaves one of the two.
        old = f"{self._root}/{file.path}"
        if rows:
            self._put(old + _REPLACEMENT, to_parquet(rows))
            if from_parquet(self._fs.cat_file(old + _REPLACEMENT)) != list(rows):
                raise CorruptArchive(f"{file.path}{_REPLACEMENT} was read back with other rows")
        self._remove(old)
        if rows:
            self._commit(file.stream, old + _REPLACEMENT)

    def needs_recovery(self, stream: str) -> bool:
        """Whether `files` met a replacement that a kill interrupted."""
        return stream in self._interrupted

    def recover(self, stream: str) -> None:
        """Complete or undo interrupted replacements and remove partly written files."""
        self._fs.invalidate_cache()
        for path in self._fs.find(f"{self._root}/{stream}"):
            if path.endswith(".part"):
                self._remove(path)
            elif path.endswith(_REPLACEMENT):
                if self._fs.exists(path.removesuffix(_REPLACEMENT)):
                    self._remove(path)
                else:
                    self._commit(stream, path)
        self._interrupted.discard(stream)

    def _commit(self, stream: str, replacement: str) -> None:
        content = self._fs.cat_file(replacement)
        file = file_of(stream, from_parquet(content))
        target = f"{self._root}/{file.path}"
        if isinstance(self._fs, LocalFileSystem):
            _make(Path(target).parent)
            Path(replacement).replace(target)
            flush(Path(target).parent)
            flush(Path(replacement).parent)
            return
        self._fs.pipe_file(target, content)
        self._fs.rm_file(replacement)

    def _remove(self, path: str) -> None:
        self._fs.rm_file(path)
        if isinstance(self._fs, LocalFileSystem):
            flush(Path(path).parent)

    def _put(self, path: str, content: bytes) -> None:
        # An object store stores an object whole or not at all. A directory needs a temporary file
        # and a rename, and a lock, because archivists would use the same temporary name.
        if not isinstance(self._fs, LocalFileSystem):
            self._fs.pipe_file(path, content)
            return
        target = Path(path)
        _make(target.parent)
        with FileLock(f"{self._root}/.writing"):
            write_whole(target, content)


def _make(directory: Path) -> None:
    """Create the directory and its parents, each flushed before a file is created in it."""
    if not directory.is_dir():
        _make(directory.parent)
        directory.mkdir(exist_ok=True)
        flush(directory.parent)
