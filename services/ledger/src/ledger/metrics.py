"""Metrics of the ledger."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class LedgerMetrics:
    """Metrics of writing: events, duration, and whether the database accepts writes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "ratchet_ledger_events_total",
            "Events: written (new), known.",
            ("outcome",),
            registry=registry,
        )
        self.write_seconds = Histogram(
            "ratchet_ledger_write_seconds",
            "Seconds from the first query of a batch to its commit on the disk.",
            registry=registry,
            buckets=(0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 10, 30),
        )
        self.trouble = Gauge(
            "ratchet_ledger_trouble",
            "1 while the database is unavailable or its disk is full; events wait in their "
            "streams.",
            registry=registry,
        )

        self.went_back = Gauge(
            "ratchet_ledger_streams_gone_back",
            "Streams of which Redis lacks entries that the ledger has.",
            registry=registry,
        )
        self.ahead = Gauge(
            "ratchet_ledger_streams_ahead",
            "Streams whose entries are numbered ahead of the clock of Redis.",
            registry=registry,
        )
        self.clock_moved = Gauge(
            "ratchet_ledger_clock_moved",
            "1 after the clock of Redis was set by more than 5 minutes, until it is repaired.",
            registry=registry,
        )

    def wrote(self, new: int, known: int) -> None:
        self.events.labels("written").inc(new)
        self.events.labels("known").inc(known)
        self.trouble.set(0)
