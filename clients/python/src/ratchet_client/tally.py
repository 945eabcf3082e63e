"""Counts what became of the events of one client."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from ratchet_client.dropped import DropReason
from ratchet_client.events import EventKind


@dataclass(frozen=True)
class EventCounts:
    """Events since the client was made.

    `recorded` were handed to this client, `left` were found in the spool at its start. `repeated`
    counts accepted events that the server already had. `problems` says why the last attempt of a
    kind failed; a kind whose last attempt succeeded is not in it.
    """

    recorded: int
    left: int
    waiting: int
    accepted: int
    repeated: int
    dropped: Mapping[DropReason, int]
    problems: Mapping[EventKind, str]


class Tally:
    """Called by any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._recorded = self._left = self._accepted = self._repeated = 0
        self._dropped: Counter[DropReason] = Counter()
        self._problems: dict[EventKind, str] = {}

    def record(self) -> None:
        with self._lock:
            self._recorded += 1

    def leave(self, count: int) -> None:
        with self._lock:
            self._left += count

    def accept(self, kind: EventKind, count: int, repeated: int) -> bool:
        """Whether the last attempt of this kind had failed."""
        with self._lock:
            self._accepted += count
            self._repeated += repeated
            return self._problems.pop(kind, None) is not None

    def fail(self, kind: EventKind, problem: str) -> bool:
        """Whether this is the first failure of several."""
        with self._lock:
            is_first = kind not in self._problems
            self._problems[kind] = problem
        return is_first

    def drop(self, reason: DropReason, count: int = 1) -> None:
        with self._lock:
            self._dropped[reason] += count

    def counts(self, waiting: int) -> EventCounts:
        with self._lock:
            return EventCounts(
                recorded=self._recorded,
                left=self._left,
                waiting=waiting,
                accepted=self._accepted,
                repeated=self._repeated,
                dropped=dict(self._dropped),
                problems=dict(self._problems),
            )
