"""Metrics of the backlog: entries, dead letters and group positions by stream."""

from functools import partial

from prometheus_client import CollectorRegistry, Gauge

from ratchet.contract import GroupPosition, Stream


class BacklogMetrics:
    """Gauges of the last measurement; `forget` removes their values."""

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
        self.memory_used = gauge(
            "ratchet_redis_memory_used_bytes", "Memory that Redis uses.", registry=registry
        )
        self.memory_limit = gauge(
            "ratchet_redis_memory_limit_bytes",
            "Memory at which Redis rejects writes, 0 without a limit.",
        )

    def set_stream(self, stream: Stream, entries: int, dead: int) -> None:
        self.entries.labels(stream.name).set(entries)
        self.dead_letters.labels(stream.name).set(dead)

    def set_group(self, stream: Stream, position: GroupPosition, now_ms: int) -> None:
        labels = (stream.name, position.group)
        if position.lag is not None:
            self.lag.labels(*labels).set(position.lag)
        self.pending.labels(*labels).set(position.pending)
        oldest_ms = position.oldest_pending.ms if position.oldest_pending else now_ms
        self.oldest_pending.labels(*labels).set(max(0, now_ms - oldest_ms) / 1000)

    def set_memory(self, used: int, limit: int) -> None:
        self.memory_used.set(used)
        self.memory_limit.set(limit)

    def forget(self) -> None:
        """An outdated value would look like a current one."""
        for of_groups in (self.lag, self.pending, self.oldest_pending):
            of_groups.clear()
        for of_streams in (self.entries, self.dead_letters):
            of_streams.clear()
