"""How many calls were lost, by reason: a number that outlives the process."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

_log = logging.getLogger(__name__)


class LostCalls:
    """Counts of the segments up to `counted`, and since then of the running process.

    Losses that the running process has stated in a segment are counted from the segment if the
    process is killed, so they become part of the file only when the segment is removed.
    """

    def __init__(self, path: Path, report: Callable[[str, int], None]) -> None:
        self._path = path
        self._report = report
        self.counted = 0
        self._settled: Counter[str] = Counter()
        self._stated: dict[int, Counter[str]] = {}
        with suppress(FileNotFoundError):
            try:
                stored = json.loads(path.read_bytes())
                self.counted = int(stored["counted"])
                self._settled = Counter({str(k): int(v) for k, v in stored["lost"].items()})
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                _log.warning("the count of lost calls begins anew, %s: %s", path, error)
        for reason, count in self._settled.items():
            report(reason, count)

    def recover(self, losses: Mapping[str, int], up_to: int) -> None:
        """Count what a process that ended left in the segments up to the number `up_to`."""
        self._settled.update(losses)
        self.counted = up_to
        self._write()
        for reason, count in losses.items():
            self._report(reason, count)

    def add(self, reason: str, segment: int | None) -> None:
        """Count a call; `segment` is the number of the segment that has a line of it."""
        self._report(reason, 1)
        if segment is not None:
            self._stated.setdefault(segment, Counter())[reason] += 1
        else:
            self._settled[reason] += 1
            self._write()

    def settle(self, segment: int) -> None:
        """Before the segment is removed."""
        self._settled.update(self._stated.pop(segment, {}))
        self.counted = max(self.counted, segment)
        self._write()

    def _write(self) -> None:
        """In one step, but without waiting for the disk."""
        content = json.dumps({"counted": self.counted, "lost": dict(self._settled)})
        aside = self._path.with_suffix(".part")
        try:
            aside.write_text(content)
            aside.replace(self._path)
        except OSError as error:
            _log.warning("the count of lost calls cannot be written: %s", error)
