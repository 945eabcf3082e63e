"""Looks at every stream again and again: whoever else is dead, what waits for it is seen."""

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


class Backlog:
    """A background task. The ledger's process runs it: it is one, and reads every stream."""

    def __init__(self, redis: Redis, metrics: BacklogMetrics, every_s: float = _EVERY_S) -> None:
        self._redis: Any = redis
        self._metrics = metrics
        self._every_s = every_s

    async def run(self) -> None:
        """Until cancelled; while Redis is away there are no figures."""
        while True:
            try:
                await self.look()
            except (RedisError, OSError) as error:
                self._metrics.forget()
                _log.warning("what waits on the streams is not known: %s", error)
            await asyncio.sleep(self._every_s)

    async def look(self) -> None:
        """Ages are by the clock of Redis; raises redis-py's errors."""
        seconds, microseconds = await self._redis.time()
        now_ms = seconds * 1000 + microseconds // 1000
        for stream in STREAMS:
            await self._look_at(stream, now_ms)
        memory = await self._redis.info("memory")
        self._metrics.remembers(memory["used_memory"], memory["maxmemory"])

    async def _look_at(self, stream: Stream, now_ms: int) -> None:
        """Of the groups only those that are declared: what others make is not ours to show."""
        entries = await self._redis.xlen(stream.key)
        self._metrics.saw(stream, entries, await self._redis.xlen(stream.dead_key))
        for position in await group_positions(self._redis, stream):
            if position.group in stream.groups:
                self._metrics.stands(stream, position, now_ms)
