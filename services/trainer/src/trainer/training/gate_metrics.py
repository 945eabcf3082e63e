"""Metrics of the acceptance gate, and of the time from feedback to a model in service."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Gauge, Histogram

from ratchet.contract import GateFigures


class GateMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.gain = Gauge(
            "ratchet_training_gate_gain",
            "Gain of the last judged run over the model before it, with its 95 % interval.",
            ("measure", "bound"),
            registry=registry,
        )
        self.kl = Gauge(
            "ratchet_training_gate_kl_nats",
            "KL divergence of the last judged run from the base model, in nats per token.",
            registry=registry,
        )
        self.length = Gauge(
            "ratchet_training_gate_length_ratio",
            "Ratio of the words in the last judged run's answers to those of the model before it.",
            registry=registry,
        )

    def observe(self, figures: GateFigures) -> None:
        self.gain.clear()
        for measure, gain in figures.together.items():
            for bound in ("mean", "low", "high"):
                self.gain.labels(measure, bound).set(getattr(gain, bound))
        if figures.kl is not None:
            self.kl.set(figures.kl)
        if figures.length_ratio is not None:
            self.length.set(figures.length_ratio)


class FeedbackLatencyMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.seconds = Histogram(
            "ratchet_feedback_to_model_seconds",
            "Seconds from the feedback behind an example to the activation of its model.",
            registry=registry,
            buckets=(60, 300, 900, 3600, 14400, 43200, 86400, 259200, 604800, 2592000),
        )

    def observe(self, ages_s: Iterable[float]) -> None:
        for age_s in ages_s:
            self.seconds.observe(age_s)
