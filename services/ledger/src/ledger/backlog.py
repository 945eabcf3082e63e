"""Measures the backlog of every stream and group, whether or not its service runs."""

from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry, Gauge
from redis.asyncio import Redis

from ratchet.contract import STREAMS, Stream
from ratchet.delivery import group_positions
from ratchet.processes import every

_EVERY_S = 5.0


class BacklogMetrics:
    """Gauges of the last measurement."""

    def __init__(self, registry: CollectorRegistry) -> None:
        gauge = partial(Gauge, registry=registry)
        self.lag = gauge(
            "ratchet_stream_lag_entries",
            "Entries not delivered to a group yet.",
            ("stream", "group"),
        )
        self.pending = gauge(
            "ratchet_stream_pending_entries",
            "Entries delivered to a group and not acknowledged.",
            ("stream", "group"),
        )
        self.oldest_pending = gauge(
            "ratchet_stream_oldest_pending_age_seconds",
            "Age of the oldest pending entry of a group, 0 without one.",
            ("stream", "group"),
        )
        self.entries = gauge(
            "ratchet_stream_entries",
            "Entries on a stream, acknowledged ones included.",
            ("stream",),
        )
        self.dead_letters = gauge("ratchet_dead_letters", "Dead letters of a stream.", ("stream",))
        self.memory_used = gauge("ratchet_redis_memory_used_bytes", "Memory that Redis uses.")
        self.memory_limit = gauge(
            "ratchet_redis_memory_limit_bytes",
            "Memory at which Redis rejects writes, 0 without a limit.",
        )


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
        if problem is None:
            return
        # An outdated value would look like a current one.
        metrics = self._metrics
        by_stream = (metrics.entries, metrics.dead_letters)
        for gauge in (metrics.lag, metrics.pending, metrics.oldest_pending, *by_stream):
            gauge.clear()

    async def measure(self) -> None:
        """Set every gauge once. Ages use the clock of Redis. Raises redis-py's errors."""
        seconds, microseconds = await self._redis.time()
        now_ms = seconds * 1000 + microseconds // 1000
        for stream in STREAMS:
            await self._measure(stream, now_ms)
        memory = await self._redis.info("memory")
        self._metrics.memory_used.set(memory["used_memory"])
        self._metrics.memory_limit.set(memory["maxmemory"])

    async def _measure(self, stream: Stream, now_ms: int) -> None:
        """Groups that the contract does not declare are left out."""
        metrics = self._metrics
        metrics.entries.labels(stream.name).set(await self._redis.xlen(stream.key))
        metrics.dead_letters.labels(stream.name).set(await self._redis.xlen(stream.dead_key))
        for position in await group_positions(self._redis, stream):
            if position.group not in stream.groups:
                continue
            labels = (stream.name, position.group)
            if position.lag is not None:
                metrics.lag.labels(*labels).set(position.lag)
            metrics.pending.labels(*labels).set(position.pending)
            oldest_ms = position.oldest_pending.ms if position.oldest_pending else now_ms
            metrics.oldest_pending.labels(*labels).set(max(0, now_ms - oldest_ms) / 1000)
