"""Positions in a stream: the id of an entry, and how far a group has read."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

_EPOCH = date(1970, 1, 1)
_DAY_MS = 86_400_000
_LAST_DAY = (date.max - _EPOCH).days


class EntryId(NamedTuple):
    """Milliseconds since 1970 by the clock of Redis, and a sequence number; ordered as there."""

    ms: int
    seq: int

    @classmethod
    def parse(cls, text: str) -> "EntryId":
        """Raises `ValueError` for anything but `<ms>-<seq>`."""
        ms, seq = text.split("-")
        return cls(int(ms), int(seq))

    @property
    def next(self) -> "EntryId":
        """The smallest id after this one."""
        return EntryId(self.ms, self.seq + 1)

    @property
    def latest(self) -> int:
        """No event of the entry is later, in microseconds since 1970; in the order of the ids."""
        return (self.ms + 1) * 1000 + min(self.seq, 999)

    @property
    def day_number(self) -> int:
        """The UTC day of the entry, counted from 1970."""
        return self.ms // _DAY_MS

    @property
    def day(self) -> date:
        """The UTC date; a producer may have chosen an id after the last date, which then counts."""
        return _EPOCH + timedelta(days=min(self.day_number, _LAST_DAY))

    @property
    def day_ends_ms(self) -> int:
        return (self.day_number + 1) * _DAY_MS

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"


BEGINNING = EntryId(0, 0)
"""Before every entry."""
RESTORED_KEY = "ratchet:streams:restored"
"""When `ratchet repair streams` put back what Redis had lost, in ms since 1970."""
REVISION_FLOOR_KEY = "ratchet:reward:revision-floor"
"""A number that every later revision exceeds: reward's state counts again after Redis went back."""


@dataclass(frozen=True)
class GroupPosition:
    """How far a consumer group has read a stream, and which entries it has not acknowledged.

    `lag` counts the entries not delivered yet, None if the server does not know. `idle_ms` is the
    time since the oldest pending entry was last delivered or renewed.
    """

    group: str
    last_delivered: EntryId
    oldest_pending: EntryId | None = None
    pending: int = 0
    lag: int | None = None
    idle_ms: int | None = None

    @property
    def needs(self) -> EntryId:
        """The group has finished every entry before this id."""
        if self.oldest_pending is None:
            return self.last_delivered.next
        return min(self.oldest_pending, self.last_delivered.next)
