"""How many calls were lost, by reason: a number that outlives the process."""

import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.domain.spool_lines import LossCount, loss_line

_log = logging.getLogger(__name__)


class LostCalls:
    """A file of losses, to which lines are added, and which a start replaces by their sum.

    Adding a line is quick; replacing a file waits for the disk. Losses that the running process
    has stated in a segment are counted from the segment if the process is killed, so they become
    part of the file only when the segment is removed.
    """

    def __init__(self, path: Path, report: Callable[[str, int], None]) -> None:
        self._report = report
        self._stated: dict[int, Counter[str]] = {}
        self._unwritten: Counter[str] = Counter()
        self._line_break = b""
        count = LossCount()
        if path.exists():
            count.add(path.read_bytes())
        aside = path.with_suffix(".part")
        aside.write_bytes(loss_line(count.lost, count.counted))
        aside.replace(path)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)
        self.counted = count.counted
        """The number of the last segment whose losses are in the file."""
        for reason, lost in count.lost.items():
            report(reason, lost)

    def recover(self, losses: Mapping[str, int], up_to: int) -> None:
        """Count what a process that ended left in the segments up to the number `up_to`."""
        self.counted = up_to
        self._add(losses)
        for reason, count in losses.items():
            self._report(reason, count)

    def add(self, reason: str, segment: int | None) -> None:
        """Count a call; `segment` is the number of the segment that has a line of it."""
        self._report(reason, 1)
        if segment is not None:
            self._stated.setdefault(segment, Counter())[reason] += 1
        else:
            self._add({reason: 1})

    def settle(self, segment: int) -> None:
        """Before the segment is removed."""
        if losses := self._stated.pop(segment, None):
            self.counted = max(self.counted, segment)
            self._add(losses)

    def close(self) -> None:
        os.close(self._file)

    def _add(self, losses: Mapping[str, int]) -> None:
        """Write them now, or with the next ones if the disk takes none."""
        self._unwritten.update(losses)
        line = self._line_break + loss_line(self._unwritten, self.counted)
        try:
            written = os.write(self._file, line)
        except OSError as error:
            _log.warning("lost calls are counted in memory only: %s", error)
            return
        if written == len(line):
            self._unwritten.clear()
            self._line_break = b""
        else:
            self._line_break = b"\n"
