"""Measures the backlog of every stream and group, whether or not its service runs."""

from typing import Any

from redis.asyncio import Redis

from ledger.backlog.metrics import BacklogMetrics
from ratchet.contract import STREAMS, Stream
from ratchet.delivery import group_positions
from ratchet.processes import every

_EVERY_S = 5.0


class BacklogMonitor:
    """A background task of the ledger, which is one process and reads every stream."""

    def __init__(self, redis: Redis, metrics: BacklogMetrics, every_s: float = _EVERY_S) -> None:
        self._redis: Any = redis
        self._metrics = metrics
        self._every_s = every_s

    async def run(self) -> None:
        """Run until cancelled. While Redis is unavailable, the gauges have no value."""
        failure = "the backlog of the streams is unknown"
        await every(self._every_s, self.measure, failure, report=self._report)

    def _report(self, problem: str | None) -> None:
        if problem is not None:
            self._metrics.forget()

    async def measure(self) -> None:
        """Set every gauge once. Ages use the clock of Redis. Raises redis-py's errors."""
        seconds, microseconds = await self._redis.time()
        now_ms = seconds * 1000 + microseconds // 1000
        for stream in STREAMS:
            await self._measure(stream, now_ms)
        memory = await self._redis.info("memory")
        self._metrics.set_memory(memory["used_memory"], memory["maxmemory"])

    async def _measure(self, stream: Stream, now_ms: int) -> None:
        """Groups that the contract does not declare are left out."""
        entries = await self._redis.xlen(stream.key)
        self._metrics.set_stream(stream, entries, await self._redis.xlen(stream.dead_key))
        for position in await group_positions(self._redis, stream):
            if position.group in stream.groups:
                self._metrics.set_group(stream, position, now_ms)
