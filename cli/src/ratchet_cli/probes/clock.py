"""This machine's clocks beside each other, and beside Redis's."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from ratchet_cli.doctor.clock import ClockFacts

Clock = Callable[[], float]


@dataclass
class Clocks:
    """Begins to watch when it is made; seconds."""

    wall: Clock = time.time
    steady: Clock = time.monotonic
    _ahead_s: float | None = None
    _doubt_s: float = 0.0
    _began: tuple[float, float] = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.wall(), self.steady()

    async def compare(self, redis: Redis) -> None:
        """Hold the wall clock against Redis's, at the middle of one call."""
        client: Any = redis
        await client.ping()
        began, steady = self.wall(), self.steady()
        seconds, micros = await client.time()
        took_s = self.steady() - steady
        self._ahead_s = began + took_s / 2 - (seconds + micros / 1e6)
        self._doubt_s = took_s / 2

    def facts(self) -> ClockFacts:
        wall, steady = self._began
        return ClockFacts(self._ahead_s, self._doubt_s, self.wall() - wall, self.steady() - steady)
