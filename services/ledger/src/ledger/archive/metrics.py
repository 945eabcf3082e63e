"""What the archive counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from ratchet.contract import STREAMS


class ArchiveMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.archived = Counter(
            "ratchet_archived_events_total",
            "Events written to the archive and verified, by stream.",
            ("stream",),
            registry=registry,
        )
        self.trimmed = Counter(
            "ratchet_trimmed_events_total",
            "Archived events taken off their stream, by stream.",
            ("stream",),
            registry=registry,
        )
        self.failures = Counter(
            "ratchet_archive_failures_total",
            "Rounds that a stream's archive or trimming did not finish, by stream.",
            ("stream",),
            registry=registry,
        )
        self.last_round = Gauge(
            "ratchet_archive_last_round_timestamp_seconds",
            "When the archive last looked at every stream.",
            registry=registry,
        )
        for counter in (self.archived, self.trimmed, self.failures):
            for stream in STREAMS:
                counter.labels(stream.name)
