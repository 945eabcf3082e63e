"""Metrics of the archive."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from ratchet.contract import STREAMS


class ArchiveMetrics:
    """Metrics by stream, each present from the start with 0."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.archived = Counter(
            "ratchet_archived_events_total",
            "Events written to the archive and verified.",
            ("stream",),
            registry=registry,
        )
        self.trimmed = Counter(
            "ratchet_trimmed_events_total",
            "Archived events trimmed from their stream.",
            ("stream",),
            registry=registry,
        )
        self.failures = Counter(
            "ratchet_archive_failures_total",
            "Rounds whose archiving or trimming failed.",
            ("stream",),
            registry=registry,
        )
        self.last_round = Gauge(
            "ratchet_archive_last_round_timestamp_seconds",
            "Time of the last round over all streams.",
            registry=registry,
        )
        for counter in (self.archived, self.trimmed, self.failures):
            for stream in STREAMS:
                counter.labels(stream.name)
