"""Sends the events of one kind, so that those of another kind never wait for them."""

import math
import random
import time
from collections.abc import Callable, Sequence
from threading import Lock

from ratchet_client.answers import Answered, NotNow, TooMuch
from ratchet_client.dropped import DroppedEvent, DropReason, FieldProblem
from ratchet_client.events import EventKind, WaitingEvent
from ratchet_client.reports import Reports
from ratchet_client.spooling.spool import Spool

Post = Callable[[str, bytes, int], Answered | TooMuch | NotNow]
"""Posts the body with so many items to the path."""

MOST_ITEMS = 500
MOST_BYTES = 512 * 1024
_MOST_AGE_S = 28 * 86_400
"""The server remembers event ids for 30 days."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_TRIES_OF_ONE = 3
_TIMES = {"timestamp", "occurred_at"}


class Channel:
    """`spools` are tried in order: an event that the first cannot write goes to the next."""

    def __init__(
        self, kind: EventKind, spools: Sequence[Spool], post: Post, reports: Reports
    ) -> None:
        self.kind = kind
        self._settled = self._repeated = 0
        self._settling = Lock()
        self._spools, self._post, self._reports = spools, post, reports
        self._most = MOST_ITEMS
        self._failures = 0
        self._due = 0.0

    @property
    def waiting(self) -> int:
        return sum(spool.waiting for spool in self._spools)

    def keep(self, line: bytes) -> bool:
        """Whether a spool had room for the line."""
        for spool in self._spools:
            try:
                return spool.append(line)
            except OSError:
                continue
        return False

    def goal(self) -> Callable[[], bool]:
        """Returns a function: whether all that waits now was settled since."""
        with self._settling:
            goal = self._settled + self.waiting - self._repeated

        def is_reached() -> bool:
            return not self.waiting or self._settled - self._repeated >= goal

        return is_reached

    def hurry(self) -> None:
        """Try again at once, whatever the pause after the last failure."""
        self._failures = 0
        self._due = 0.0

    def send(self) -> float:
        """Send a batch if one is due; returns the seconds until the next, inf if none waits."""
        for spool in self._spools:
            pause = self._due - time.monotonic()
            if pause > 0 and self.waiting:
                return pause
            if lines := spool.read(self._most, MOST_BYTES):
                self._send(spool, lines)
                return max(self._due - time.monotonic(), 0.0)
        return math.inf

    def _send(self, spool: Spool, lines: Sequence[bytes]) -> None:
        found = [WaitingEvent.of(line) for line in lines]
        oldest = time.time() - _MOST_AGE_S
        events = [event for event in found if event is not None and event.at >= oldest]
        answer = self._answer(events) if events else Answered({})
        match answer:
            case NotNow() if self._may_be_the_cause(answer, events):
                self._again(events[0])
            case NotNow():
                self._pause(answer, len(events))
                return
            case TooMuch() if len(events) > 1:
                self._most = max(len(events) // 2, 1)
                return
            case TooMuch():
                self._refuse(events[0], (FieldProblem("", answer.problem),))
            case Answered():
                self._take(answer, events)
        damaged = sum(event is None for event in found)
        self._lose(DropReason.UNREADABLE, damaged)
        self._lose(DropReason.EXPIRED, len(found) - damaged - len(events))
        with self._settling:
            spool.settle(lines)
            self._settled += len(lines)

    def _answer(self, events: Sequence[WaitingEvent]) -> Answered | TooMuch | NotNow:
        body = b"[" + b",".join(event.content for event in events) + b"]"
        return self._post(self.kind.path, body, len(events))

    def _may_be_the_cause(self, answer: NotNow, events: Sequence[WaitingEvent]) -> bool:
        """Whether this one event made the server fail several times: others go before it."""
        return answer.crashed and len(events) == 1 and self._failures >= _TRIES_OF_ONE

    def _pause(self, answer: NotNow, sent: int) -> None:
        """Back off by a random part of a pause that doubles, or as the server requires."""
        self._reports.failed(self.kind, answer.problem)
        for spool in self._spools:
            spool.sync()
        if answer.crashed:
            self._most = max(sent // 2, 1)
        longest = min(_FIRST_PAUSE_S * 2 ** min(self._failures, 10), _LONGEST_PAUSE_S)
        pause = random.uniform(longest / 2, longest)
        self._failures += 1
        self._due = time.monotonic() + max(pause, answer.after_s or 0.0)

    def _take(self, answer: Answered, events: Sequence[WaitingEvent]) -> None:
        for index, problems in answer.refused.items():
            self._refuse(events[index], problems)
        for index in answer.unnamed:
            self._again(events[index])
        accepted = len(events) - len(answer.refused) - len(answer.unnamed)
        self._reports.accepted(self.kind, accepted, answer.repeated)
        self._reports.warned(answer.warnings)
        self._failures = 0
        self._most = min(self._most * 2, MOST_ITEMS)

    def _refuse(self, event: WaitingEvent, problems: tuple[FieldProblem, ...]) -> None:
        """Drop the event; if only times that the client added are wrong, send it without them."""
        if problems and {problem.field for problem in problems} <= _TIMES:
            timeless = event.without_own_times()
            if timeless is not None:
                self._again(timeless)
                return
        self._drop(event, DropReason.REFUSED, problems)

    def _again(self, event: WaitingEvent) -> None:
        self._failures = 0
        self._repeated += 1
        if not self.keep(event.line):
            self._drop(event, DropReason.FULL)

    def _drop(
        self, event: WaitingEvent, reason: DropReason, problems: tuple[FieldProblem, ...] = ()
    ) -> None:
        try:
            fields = event.fields
        except ValueError:
            fields = {}
        self._reports.dropped(DroppedEvent(self.kind, reason, fields, problems))

    def _lose(self, reason: DropReason, count: int) -> None:
        if count:
            self._reports.lost(reason, count)
