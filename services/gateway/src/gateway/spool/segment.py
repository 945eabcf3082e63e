"""One file of the spool, which grows until it is published as a whole."""

import os
from pathlib import Path

from gateway.domain.spool_lines import record_in

_MOST_RECORDS, _MOST_BYTES = 4, 64 * 1024
"""What is read at once: publishing more would hold up answers."""


class Segment:
    """`write` appends without waiting for the disk: a kill of the process loses nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size if path.exists() else 0
        self.read_to = 0
        self._file: int | None = None

    @property
    def number(self) -> int:
        return int(self.path.stem)

    @property
    def is_read(self) -> bool:
        return self.read_to >= self.size

    def write(self, line: bytes) -> bool:
        """Append the whole line or nothing; whether it could."""
        try:
            if self._file is None:
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
                self._file = os.open(self.path, flags, 0o600)
            written = os.write(self._file, line)
        except OSError:
            return False
        if written < len(line):
            os.ftruncate(self._file, self.size)
            return False
        self.size += written
        return True

    def read(self) -> tuple[list[bytes], int]:
        """The next records, and the position after them."""
        records: list[bytes] = []
        position = self.read_to
        with self.path.open("rb") as file:
            file.seek(position)
            for line in file:
                if not line.endswith(b"\n"):
                    return records, self.size  # cut by a kill: nothing follows it
                position += len(line)
                if (record := record_in(line)) is not None:
                    records.append(record)
                if len(records) == _MOST_RECORDS or position - self.read_to > _MOST_BYTES:
                    break
        return records, position

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
