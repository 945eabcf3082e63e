"""Metrics of delivery by stream and group."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class DeliveryMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "ratchet_events_total",
            "Handled events: done, duplicate, later, dead.",
            ("stream", "group", "outcome"),
            registry=registry,
        )
        self.claimed = Counter(
            "ratchet_entries_claimed_total",
            "Repeated attempts: entries claimed after a backoff or from a dead consumer.",
            ("stream", "group"),
            registry=registry,
        )
        self.conflicts = Counter(
            "ratchet_transaction_conflicts_total",
            "Batches run again because another consumer changed the same state.",
            ("stream", "group"),
            registry=registry,
        )
        self.ahead = Counter(
            "ratchet_events_ahead_total",
            "Events with a time more than 5 minutes after their arrival, which counts instead.",
            ("stream", "group"),
            registry=registry,
        )
        self.stopped = Gauge(
            "ratchet_consumer_stopped",
            "1 after too many consecutive dead letters, until the restart.",
            ("stream", "group"),
            registry=registry,
        )
        self.batch_seconds = Histogram(
            "ratchet_batch_seconds",
            "Seconds from the first look at a batch to its commit.",
            ("stream", "group"),
            registry=registry,
            buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300),
        )
