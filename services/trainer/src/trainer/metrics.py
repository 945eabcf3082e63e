"""What the trainer counts and shows."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from ratchet.events.run import Verdict
from trainer.domain.job import Progress


class TrainerMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.pending = Gauge(
            "ratchet_training_pairs_pending",
            "Pairs that no finished run has consumed.",
            registry=registry,
        )
        self.ready = Gauge(
            "ratchet_training_ready",
            "1 when the readiness rules ask for a run.",
            registry=registry,
        )
        self.running = Gauge(
            "ratchet_training_running", "1 while a run is at work.", registry=registry
        )
        self.step = Gauge("ratchet_training_step", "Step of the run at work.", registry=registry)
        self.steps = Gauge(
            "ratchet_training_steps", "Steps the run at work will take.", registry=registry
        )
        self.loss = Gauge("ratchet_training_loss", "Loss of the last step.", registry=registry)
        self.runs = Counter(
            "ratchet_training_runs_total",
            "Runs that ended, by verdict: accepted, refused, failed.",
            ("verdict",),
            registry=registry,
        )
        self.seconds = Gauge(
            "ratchet_training_seconds", "Duration of the last run.", registry=registry
        )

    def decided(self, pending: int, ready: bool) -> None:
        self.pending.set(pending)
        self.ready.set(ready)

    def progressed(self, progress: Progress) -> None:
        self.step.set(progress.step)
        self.steps.set(progress.steps)
        if progress.loss is not None:
            self.loss.set(progress.loss)

    def ended(self, verdict: Verdict, seconds: float) -> None:
        self.runs.labels(verdict).inc()
        self.seconds.set(seconds)
