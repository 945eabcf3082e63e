"""The id of a stream entry: when the server took it, and the how-many-th of that millisecond."""

from datetime import date, timedelta
from typing import NamedTuple

_EPOCH = date(1970, 1, 1)
_DAY_MS = 86_400_000
_LAST_DAY = (date.max - _EPOCH).days


class EntryId(NamedTuple):
    """Compares as the server does; `ms` counts from 1970."""

    ms: int
    seq: int

    @classmethod
    def parse(cls, text: str) -> "EntryId":
        """Raises `ValueError` for anything but `<ms>-<seq>`."""
        ms, seq = text.split("-")
        return cls(int(ms), int(seq))

    @property
    def next(self) -> "EntryId":
        """The smallest id behind this one."""
        return EntryId(self.ms, self.seq + 1)

    @property
    def day_number(self) -> int:
        """The UTC day the entry was taken, counted from 1970."""
        return self.ms // _DAY_MS

    @property
    def day(self) -> date:
        """A producer may have named an id beyond the last day there is: it counts as that day."""
        return _EPOCH + timedelta(days=min(self.day_number, _LAST_DAY))

    @property
    def day_ends_ms(self) -> int:
        return (self.day_number + 1) * _DAY_MS

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"


BEGINNING = EntryId(0, 0)
"""Before every entry."""
