"""Keeps waiting events of one kind in files of lines."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

_SEGMENTS = 16
"""A spool is divided into files, and a file is removed when all its events are settled."""


@dataclass
class _Segment:
    path: Path
    size: int
    lines: int


class DiskSpool:
    """Lines that are kept when the process ends, however it ends.

    `append` hands the line to the operating system and does not wait for the disk; `sync` does.
    `left` are files of earlier processes, `new_file` returns a path, and `on_lost` receives the
    number of lines of a file that can no longer be read.
    """

    def __init__(
        self,
        left: Sequence[Path],
        new_file: Callable[[], Path],
        most_bytes: int,
        on_lost: Callable[[int], None],
    ) -> None:
        self._segments = deque(_found(path) for path in left)
        self._new_file, self._on_lost = new_file, on_lost
        self._most_bytes = most_bytes
        self._segment_bytes = max(most_bytes // _SEGMENTS, 1)
        self._lock = Lock()
        self._file: int | None = None
        self._closed = False
        self._offset = 0
        self._bytes = sum(segment.size for segment in self._segments)
        self.waiting = sum(segment.lines for segment in self._segments)

    def append(self, line: bytes) -> bool:
        with self._lock:
            if self._closed:
                raise OSError("the spool is closed")
            if self._bytes + len(line) > self._most_bytes:
                return False
            if self._file is None or self._segments[-1].size >= self._segment_bytes:
                self._begin_file()
            assert self._file is not None
            last = self._segments[-1]
            if os.write(self._file, line) != len(line):
                os.ftruncate(self._file, last.size)
                raise OSError(f"{last.path}: no space for a whole line")
            last.size += len(line)
            last.lines += 1
            self._bytes += len(line)
            self.waiting += 1
        return True

    def read(self, most: int, most_bytes: int) -> list[bytes]:
        while self._segments and not self._closed:
            front = self._segments[0]
            size = front.size - self._offset
            content = _content(front.path, self._offset, min(size, most_bytes)) if size else b""
            if content:
                return content.splitlines(keepends=True)[:most]
            if not size and len(self._segments) == 1:
                break
            self._forget_front()
        return []

    def settle(self, lines: Sequence[bytes]) -> None:
        with self._lock:
            if self._closed:
                return
            front = self._segments[0]
            size = sum(map(len, lines))
            self._offset += size
            self._bytes -= size
            front.lines -= len(lines)
            self.waiting -= len(lines)
            if self._offset < front.size:
                return
            if len(self._segments) == 1 and self._file is not None:
                os.ftruncate(self._file, 0)
                front.size = self._offset = 0
                return
        self._forget_front()

    def sync(self) -> None:
        file = self._file
        if file is not None:
            with suppress(OSError):
                os.fdatasync(file)

    def close(self) -> None:
        """From now on another process may take the files over: nothing changes them here."""
        with self._lock:
            self._closed = True
            if self._file is not None:
                os.close(self._file)
                self._file = None
            if self._segments and not self._segments[-1].size:
                self._segments.pop().path.unlink(missing_ok=True)

    def leave_to_parent(self) -> None:
        """After a fork: the lock may be held by a thread that does not exist here."""
        if self._file is not None:
            os.close(self._file)

    def _begin_file(self) -> None:
        path = self._new_file()
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY, 0o600)
        if self._file is not None:
            os.close(self._file)
        self._file = file
        self._segments.append(_Segment(path, 0, 0))

    def _forget_front(self) -> None:
        """Remove the oldest file; lines that still wait in it are lost."""
        with self._lock:
            front = self._segments.popleft()
            self._bytes -= front.size - self._offset
            self.waiting -= front.lines
            self._offset = 0
            if not self._segments and self._file is not None:
                os.close(self._file)
                self._file = None
        with suppress(OSError):
            front.path.unlink()
        if front.lines:
            self._on_lost(front.lines)


def _content(path: Path, offset: int, most_bytes: int) -> bytes:
    """About `most_bytes` of a file, up to the end of a line; empty if it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            content = file.read(most_bytes)
            return content if content.endswith(b"\n") else content + file.readline()
    except OSError:
        return b""


def _found(path: Path) -> _Segment:
    content = path.read_bytes()
    return _Segment(path, len(content), len(content.splitlines()))
