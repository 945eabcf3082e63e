"""Measures the backlog of every stream and group, whether or not its service runs."""

import asyncio
import logging
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ledger.backlog.metrics import BacklogMetrics
from ratchet.contract import STREAMS, Stream
from ratchet.delivery import group_positions

_log = logging.getLogger(__name__)
_EVERY_S = 5.0


class BacklogMonitor:
    """A background task of the ledger, which is one process and reads every stream."""

    def __init__(self, redis: Redis, metrics: BacklogMetrics, every_s: float = _EVERY_S) -> None:
        self._redis: Any = redis
        self._metrics = metrics
        self._every_s = every_s

    async def run(self) -> None:
        """Run until cancelled. While Redis is unavailable, the gauges have no value."""
        while True:
            try:
                await self.measure()
            except (RedisError, OSError) as error:
                self._metrics.forget()
                _log.warning("the backlog of the streams is unknown: %s", error)
            await asyncio.sleep(self._every_s)

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
