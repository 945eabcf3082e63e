"""Metrics of the gateway."""

from prometheus_client import CollectorRegistry, Counter, Histogram

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)


class GatewayMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.calls = Counter(
            "ratchet_gateway_calls_total",
            "Answered requests by route and status.",
            ("route", "status"),
            registry=registry,
        )
        self.first_byte = Histogram(
            "ratchet_gateway_first_byte_seconds",
            "Seconds from a request's arrival to the first byte of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
