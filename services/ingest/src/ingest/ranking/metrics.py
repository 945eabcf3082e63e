"""Metrics of rankings."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from ingest.ranking.source import RankingSource, ScorerInService


class RankMetrics:
    def __init__(self, registry: CollectorRegistry, embedding: str) -> None:
        self.requests = Counter(
            "ratchet_rank_requests_total",
            "Ranking requests: scored, callers_order, rejected.",
            ("outcome",),
            registry=registry,
        )
        for outcome in ("scored", "callers_order", "rejected"):
            self.requests.labels(outcome)
        self.seconds = Histogram(
            "ratchet_rank_seconds",
            "Seconds from a request's last byte to its ranking, logging included.",
            registry=registry,
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1),
        )
        self.explored = Counter(
            "ratchet_rank_explored_total",
            "Rankings with an exploratory exchange.",
            registry=registry,
        )
        self.unlogged = Counter(
            "ratchet_rank_unlogged_total",
            "Rankings not logged because Redis was unavailable, full or slow.",
            registry=registry,
        )
        self.unknown_scenarios = Counter(
            "ratchet_rank_unknown_scenarios_total",
            "Candidates with a scenario that scorers have no input for.",
            registry=registry,
        )
        self.trained_on = Gauge(
            "ratchet_ranking_scorer_trained_on",
            "Scored revisions behind the scorer in service, 0 without one.",
            registry=registry,
        )
        self.embedding = Info(
            "ratchet_ranking_embedding",
            "The text embedding that scorers learn and serve with.",
            registry=registry,
        )
        self.embedding.info({"name": embedding})
        self.problems = Counter(
            "ratchet_ranking_scorer_problems_total",
            "Failed attempts to load a scorer: missing, corrupt, unusable, embedding.",
            ("kind",),
            registry=registry,
        )

    def set_source(self, source: RankingSource) -> None:
        self.trained_on.set(source.trained_on if isinstance(source, ScorerInService) else 0)
