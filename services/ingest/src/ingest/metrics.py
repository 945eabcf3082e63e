"""Metrics of the intake."""

from prometheus_client import CollectorRegistry, Counter

_KINDS = ("experience", "feedback", "correction", "trace", "pair")
_OUTCOMES = ("accepted", "repeated", "rejected")


class IngestMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.items = Counter(
            "ratchet_intake_items_total",
            "Items of requests: accepted (new), repeated (known), rejected.",
            ("kind", "outcome"),
            registry=registry,
        )
        self._of_kind = {
            kind: [self.items.labels(kind, outcome) for outcome in _OUTCOMES] for kind in _KINDS
        }
        self.without_plan = Counter(
            "ratchet_experiences_without_plan_total",
            "New experiences whose widget plan lists no widgets, which count for voice only.",
            registry=registry,
        )
        self.unavailable = Counter(
            "ratchet_intake_unavailable_total",
            "Requests answered 503 because Redis was unavailable or full.",
            registry=registry,
        )
        self.beyond_share = Counter(
            "ratchet_intake_beyond_share_total",
            "Requests whose client fills its share of Redis: answered 429, or not logged.",
            registry=registry,
        )

    def count(self, kind: str, accepted: int, repeated: int, rejected: int) -> None:
        counts = (accepted, repeated, rejected)
        for counter, count in zip(self._of_kind[kind], counts, strict=True):
            counter.inc(count)
