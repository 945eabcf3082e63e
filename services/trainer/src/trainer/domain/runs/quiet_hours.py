"""Hours of the day in which no run starts without a request."""

import re
from dataclasses import dataclass

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class QuietHours:
    """From `begin` until before `end`, in local minutes from midnight; may span midnight."""

    begin: int
    end: int

    def __contains__(self, minute: int) -> bool:
        if self.begin <= self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end

    def __str__(self) -> str:
        return f"{_clock(self.begin)}-{_clock(self.end)}"


def quiet_hours(text: str) -> QuietHours | None:
    """Parse a span such as "06:00-22:00"; empty is None. Raises `ValueError`."""
    if not text:
        return None
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no span of hours: write one such as 06:00-22:00")
    begin_h, begin_m, end_h, end_m = map(int, match.groups())
    return QuietHours(60 * begin_h + begin_m, 60 * end_h + end_m)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
