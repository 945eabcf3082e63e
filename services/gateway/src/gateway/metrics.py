"""Metrics of the gateway."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)


class GatewayMetrics:
    """`reasons` are those for which a call may be lost."""

    def __init__(self, registry: CollectorRegistry, reasons: Iterable[str]) -> None:
        self.calls = Counter(
            "ratchet_gateway_calls_total",
            "Answered requests.",
            ("route", "status"),
            registry=registry,
        )
        self.first_byte = Histogram(
            "ratchet_gateway_first_byte_seconds",
            "Seconds from a request to its first byte.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.checks = Counter(
            "ratchet_gateway_checks_total",
            "Checked answers.",
            ("route", "outcome"),
            registry=registry,
        )
        self.held_answers = Counter(
            "ratchet_gateway_held_answers_total",
            "Untrue answers that were not sent.",
            ("route", "instead"),
            registry=registry,
        )
        self.captured = Counter(
            "ratchet_gateway_captured_calls_total",
            "Calls recorded in the spool.",
            registry=registry,
        )
        self.lost = Counter(
            "ratchet_gateway_lost_calls_total",
            "Calls without a record: killed, spool_full and others.",
            ("reason",),
            registry=registry,
        )
        for reason in reasons:
            self.lost.labels(reason)
        self.spool_bytes = Gauge(
            "ratchet_gateway_spool_bytes",
            "Bytes of calls that wait for Redis.",
            registry=registry,
        )
        self.spool_limit_bytes = Gauge(
            "ratchet_gateway_spool_limit_bytes",
            "Bytes that may wait for Redis.",
            registry=registry,
        )

    def lose(self, reason: str, count: int) -> None:
        self.lost.labels(reason).inc(count)

    def lost_by_reason(self) -> dict[str, int]:
        """Without the reasons that did not occur."""
        samples = [sample for metric in self.lost.collect() for sample in metric.samples]
        return {
            sample.labels["reason"]: int(sample.value)
            for sample in samples
            if sample.name.endswith("_total") and sample.value
        }
