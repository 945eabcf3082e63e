"""The exporter's metrics."""

from functools import partial
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from exporter.domain.export_messages import StageDone
from exporter.domain.registry.alias_history import ActivationResult, CommandName
from exporter.domain.registry.lag import AliasServerState, ServerLag
from ratchet.contract import Parity, ServedParity


class ExporterMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        counter = partial(Counter, registry=registry)
        gauge = partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry)
        self.exports = counter(
            "ratchet_exports_total", "Checkpoints: registered, refused.", ("outcome",)
        )
        for outcome in ("registered", "refused"):
            self.exports.labels(outcome)
        self.stage_seconds = histogram(
            "ratchet_export_stage_seconds",
            "Seconds of each stage of an export.",
            ("stage",),
            buckets=(0.1, 0.5, 1, 2, 5, 10, 20, 60, 300, 1800),
        )
        self.parity_top1 = gauge(
            "ratchet_export_parity_top1_ratio",
            "Share of positions with the same most likely token, of the last export.",
        )
        self.parity_kl = gauge(
            "ratchet_export_parity_kl_nats",
            "Mean KL divergence of the last export from the trained model.",
        )
        self.activations = counter(
            "ratchet_activations_total",
            "Activations and rollbacks: moved, refused, later.",
            ("command", "outcome"),
        )
        for command in get_args(CommandName):
            for outcome in ("moved", "refused", "later"):
                self.activations.labels(command, outcome)
        self.alias_seconds = histogram(
            "ratchet_alias_move_seconds",
            "Seconds in which the alias moved in every registry, by command.",
            buckets=(0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10),
        )
        self.served_top1 = gauge(
            "ratchet_served_parity_top1_ratio",
            "Share of positions at which a server's last answers equal the trained model's.",
            ("target",),
        )
        self.served_kl = gauge(
            "ratchet_served_parity_kl_nats",
            "KL divergence of a server's last answers from the trained model's.",
            ("target", "statistic"),
        )
        self.missing = gauge(
            "ratchet_server_missing_versions",
            "Versions that a server lacks: coming, refused, or pending until it reloads.",
            ("state",),
        )

    def record_lag(self, lag: ServerLag) -> None:
        self.missing.labels("coming").set(len(lag.missing))
        self.missing.labels("refused").set(len(lag.refused))

    def record_alias_server(self, state: AliasServerState) -> None:
        self.missing.labels("pending").set(state.problem is not None)
        self.record_parity(None, state.parity)

    def record_stage(self, done: StageDone) -> None:
        self.stage_seconds.labels(done.stage).observe(done.seconds)

    def record_activation(self, result: ActivationResult) -> None:
        self.activations.labels(result.command, result.outcome).inc()
        if result.outcome == "moved":
            self.alias_seconds.observe(result.moved_s)

    def record_parity(self, parity: Parity | None, served: ServedParity | None) -> None:
        if parity is not None:
            self.parity_top1.set(parity.top1)
            self.parity_kl.set(parity.kl)
        if served is not None:
            self.served_top1.labels(served.target).set(served.top1)
            for statistic, kl in (("mean", served.kl_mean), ("p99", served.kl_p99)):
                if kl is not None:
                    self.served_kl.labels(served.target, statistic).set(kl)


class ServingMetrics:
    """The active version and the server that serves it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        gauge = partial(Gauge, registry=registry)
        self.active = Info(
            "ratchet_model_active",
            "The version that the alias of the model points to.",
            registry=registry,
        )
        self.active_bytes = gauge(
            "ratchet_model_active_bytes", "Size of the file of the active version, 0 without one."
        )
        self.versions = gauge(
            "ratchet_model_versions", "Registered versions, the active one included."
        )
        self.server_up = gauge(
            "ratchet_model_server_up",
            "1 while the configured server responds; absent without one.",
            ("server",),
        )
