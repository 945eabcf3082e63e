"""How long ago recorded times are, although the wall clock may be set meanwhile."""

from collections.abc import Callable
from datetime import datetime

_MOST = 64


class Ages:
    """Reads the wall clock once for each time, then counts by a clock that nobody sets.

    `wall` returns the time, `steady` seconds that only grow. A time that is ahead of the wall
    clock was recorded by a clock that was wrong: its age counts from the first look at it.
    """

    def __init__(self, wall: Callable[[], datetime], steady: Callable[[], float]) -> None:
        self._wall = wall
        self._steady = steady
        self._began = steady()
        self._looks: dict[datetime, tuple[float, float]] = {}

    @property
    def uptime_s(self) -> float:
        """Seconds since this object was made."""
        return self._steady() - self._began

    def since_s(self, at: datetime) -> float:
        """Seconds since `at`, at least 0."""
        now = self._steady()
        age, looked = self._looks.pop(at, (max(0.0, (self._wall() - at).total_seconds()), now))
        if len(self._looks) == _MOST:
            del self._looks[next(iter(self._looks))]
        self._looks[at] = age, looked
        return age + now - looked
