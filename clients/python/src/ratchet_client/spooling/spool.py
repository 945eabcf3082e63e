"""Where events of one kind wait, and the place for them without a disk."""

from collections import deque
from collections.abc import Sequence
from threading import Lock
from typing import Protocol


class Spool(Protocol):
    """`append` is called by any thread, `read` and `settle` by the sender alone."""

    @property
    def waiting(self) -> int: ...

    def append(self, line: bytes) -> bool:
        """Keep a line; False if there is no room. Raises `OSError` if it cannot be written."""
        ...

    def read(self, most: int, most_bytes: int) -> list[bytes]:
        """The oldest lines that wait; they are read again until they are settled."""
        ...

    def settle(self, lines: Sequence[bytes]) -> None:
        """Forget the first lines that `read` returned."""
        ...

    def sync(self) -> None:
        """Wait until the disk has the lines, so that they survive a power failure."""
        ...


class MemorySpool:
    """Loses its lines when the process ends."""

    def __init__(self, most_bytes: int) -> None:
        self._lines: deque[bytes] = deque()
        self._room = most_bytes
        self._lock = Lock()

    @property
    def waiting(self) -> int:
        return len(self._lines)

    def append(self, line: bytes) -> bool:
        with self._lock:
            if len(line) > self._room:
                return False
            self._room -= len(line)
            self._lines.append(line)
        return True

    def read(self, most: int, most_bytes: int) -> list[bytes]:
        with self._lock:
            found: list[bytes] = []
            size = 0
            for line in self._lines:
                size += len(line)
                if found and (len(found) == most or size > most_bytes):
                    break
                found.append(line)
        return found

    def settle(self, lines: Sequence[bytes]) -> None:
        with self._lock:
            for line in lines[: len(self._lines)]:
                self._lines.popleft()
                self._room += len(line)

    def drain(self) -> list[bytes]:
        """Remove and return all lines."""
        with self._lock:
            found = list(self._lines)
            self._lines.clear()
            self._room += sum(map(len, found))
        return found

    def sync(self) -> None:
        """Memory has nothing to wait for."""
