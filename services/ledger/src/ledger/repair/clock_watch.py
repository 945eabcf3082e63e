"""Notices that the clock of Redis was set, and that streams go on from a time ahead of it."""

import logging
import time
from collections.abc import Callable
from typing import Any

from redis.asyncio import Redis

from ledger.metrics import LedgerMetrics
from ledger.repair.clock_state import MOVED_KEY, clock_state, note
from ratchet.contract import CLOCK_TOLERANCE_S
from ratchet.processes import every

_SEEN_KEY = "ratchet:clock:seen"
_log = logging.getLogger(__name__)


class ClockWatch:
    """`problem` is what is wrong, with the remedy, or None. `steady` is a clock that nobody sets.

    Redis keeps the last time that was seen, so that a clock that went back is noticed after a
    restart, too.
    """

    def __init__(
        self,
        redis: Redis,
        metrics: LedgerMetrics,
        steady: Callable[[], float] = time.monotonic,
        every_s: float = 10.0,
    ) -> None:
        self.problem: str | None = None
        self._redis: Any = redis
        self._metrics = metrics
        self._steady = steady
        self._every_s = every_s
        self._last: tuple[int, float] | None = None

    async def run(self) -> None:
        """Run until cancelled."""
        await every(self._every_s, self.look, "the clock of Redis is not watched")

    async def look(self) -> None:
        """Raises redis-py's errors."""
        now, _ = await self._redis.time()
        steady = self._steady()
        moved = self._moved(now, steady, int(await self._redis.get(_SEEN_KEY) or 0))
        if abs(moved) > CLOCK_TOLERANCE_S:
            await self._redis.set(MOVED_KEY, f"{now} {moved}")
        await self._redis.set(_SEEN_KEY, now)
        self._last = now, steady
        state = await clock_state(self._redis)
        self._metrics.ahead.set(len(state.ahead))
        self._metrics.clock_moved.set(state.moved is not None)
        if state.problem is not None and self.problem is None:
            _log.error("%s", state.problem)
        await note(self._redis, state)
        self.problem = state.problem

    def _moved(self, now: int, steady: float, seen: int) -> int:
        """By how many seconds the clock was set since the last look."""
        if self._last is None:
            return min(0, now - seen) if seen else 0
        last, looked = self._last
        return round(now - last - (steady - looked))
