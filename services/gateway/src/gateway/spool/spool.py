"""Calls on their way to Redis, in files of limited size."""

import fcntl
import logging
import os
from collections.abc import Callable
from pathlib import Path

from gateway.domain.spool_lines import LeftLines, LossReason, call_line, lost_line, open_line
from gateway.spool.lost_calls import LostCalls
from gateway.spool.segment import Segment
from ratchet.service import StartRefused

_log = logging.getLogger(__name__)
_SEGMENTS = 16


class CallSpool:
    """At most `most_bytes` in `folder`, beside a short line for each call in progress.

    Each call has a line when it begins and one when it ends, so that calls are known which a
    killed process did not record. Raises `StartRefused` if another process uses the folder, or if
    it cannot be written.
    """

    def __init__(
        self, folder: Path, most_bytes: int, report_lost: Callable[[str, int], None]
    ) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _locked(folder / "lock")
            for path in (folder / "lost", *folder.glob("*.calls")):
                _put_aside_unless_file(path)
            self._lost = LostCalls(folder / "lost", report_lost)
        except OSError as error:
            problem = f"{folder} cannot be written: {error}"
            raise StartRefused(f"{problem}. Correct RATCHET_DATA_DIR or its owner") from error
        paths = sorted(folder.glob("*.calls"), key=lambda path: int(path.stem))
        self._segments = [Segment(path) for path in paths]
        self._recover()
        self._in_progress: set[str] = set()
        self._next: int | None = None
        self._carried = 0
        self._segments.append(self._new_segment())

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(segment.size for segment in self._segments)

    def begin(self, call_id: str) -> bool:
        """Whether the call will be recorded; otherwise it is counted as lost."""
        if self.size >= self._most_bytes:
            self.miss("spool_full")
            return False
        if not self._write(open_line(call_id)):
            self.miss("disk")
            return False
        self._in_progress.add(call_id)
        return True

    def miss(self, reason: LossReason) -> None:
        """Count a call that has no line here, or no longer, as lost."""
        self._lost.add(reason, None)

    def record(self, call_id: str, record: bytes) -> None:
        """End the call with its record, in JSON; if there is no room, it is counted as lost."""
        line = call_line(call_id, record)
        if self.size + len(line) > self._most_bytes:
            self.lose(call_id, "spool_full")
        elif self._write(line):
            self._in_progress.discard(call_id)
        else:
            self.lose(call_id, "disk")

    def lose(self, call_id: str, reason: LossReason) -> None:
        """End the call without a record."""
        self._write(lost_line(call_id, reason))
        self._in_progress.discard(call_id)
        self._lost.add(reason, self._current.number)

    def read(self) -> list[bytes]:
        """The next records, until `published` is called: always the same."""
        for segment in self._segments:
            while not segment.is_read:
                records, position = segment.read()
                if records:
                    self._next = position
                    return records
                segment.read_to = position
        return []

    def published(self) -> None:
        """Redis has what was read last, if anything. What holds nothing else is removed."""
        segment = next((one for one in self._segments if not one.is_read), None)
        if segment is not None and self._next is not None:
            segment.read_to, self._next = self._next, None
        if self._current.is_read and self._current.size > self._carried:
            self._rotate()
        while len(self._segments) > 1 and self._segments[0].is_read:
            self._remove(self._segments[0])

    def close(self) -> None:
        self._current.close()
        self._lost.close()
        os.close(self._lock)

    @property
    def _current(self) -> Segment:
        return self._segments[-1]

    def _write(self, line: bytes) -> bool:
        if self._current.size > self._most_bytes // _SEGMENTS:
            self._rotate()
        return self._current.write(line)

    def _rotate(self) -> None:
        """Begin a new segment, in which the calls in progress are known too."""
        segment = self._new_segment()
        lines = b"".join(map(open_line, self._in_progress))
        if not lines or segment.write(lines):
            self._carried = len(lines)
            self._current.close()
            self._segments.append(segment)

    def _new_segment(self) -> Segment:
        last = max(self._lost.counted, *(segment.number for segment in self._segments), 0)
        return Segment(self._folder / f"{last + 1:08}.calls")

    def _remove(self, segment: Segment) -> None:
        self._lost.settle(segment.number)
        segment.path.unlink(missing_ok=True)
        self._segments.remove(segment)

    def _recover(self) -> None:
        left = LeftLines()
        unknown = [one for one in self._segments if one.number > self._lost.counted]
        for segment in unknown:
            with segment.path.open("rb") as file:
                left.add(file)
        if unknown:
            self._lost.recover(left.losses(), unknown[-1].number)


def _put_aside_unless_file(path: Path) -> None:
    """What a damaged disk or a person left in its place keeps no call from being answered."""
    if path.exists() and not path.is_file():
        aside = path.with_suffix(".damaged")
        path.rename(aside)
        _log.error("%s is no file: its calls are lost. Remove %s", path, aside)


def _locked(path: Path) -> int:
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        raise StartRefused(
            f"another gateway uses {path.parent}: stop it, or give this one its own "
            "RATCHET_CONSUMER_NAME"
        ) from error
    return file
