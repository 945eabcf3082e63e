"""The metrics of the trainer."""

from collections.abc import Mapping
from functools import partial
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ratchet.contract import GateFigures, Method, Stage, Verdict
from trainer.domain.runs.child_messages import TrainingProgress
from trainer.domain.runs.readiness import ReadinessDecision, ReadinessRules, TrainNow
from trainer.domain.runs.situation import WaitingExamples


class TrainerMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        gauge = partial(Gauge, registry=registry)
        self.pending = gauge(
            "ratchet_training_examples_pending",
            "Examples that no finished run has used.",
            ("method",),
        )
        self.trouble = gauge(
            "ratchet_training_trouble",
            "1 while training is held up by Redis, the disk or the lease.",
        )
        self.wanted = gauge(
            "ratchet_training_examples_wanted",
            "Examples that start a run.",
            ("method",),
        )
        self.ready = gauge(
            "ratchet_training_ready",
            "1 when the readiness rules start a run by this method.",
            ("method",),
        )
        self.running = gauge("ratchet_training_running", "1 while a run is at work.")
        self.stage = gauge(
            "ratchet_training_stage", "1 for the stage of the run at work.", ("stage",)
        )
        self.left = gauge(
            "ratchet_training_remaining_seconds",
            "Estimated seconds until the run ends.",
        )
        self.step = gauge("ratchet_training_step", "Step of the run at work.")
        self.steps = gauge("ratchet_training_steps", "Steps of the whole run.")
        self.loss = gauge("ratchet_training_loss", "Loss of the last step.")
        self.prompts = gauge(
            "ratchet_training_captured_prompts", "Captured prompts that a run would ask."
        )
        self.runs = Counter(
            "ratchet_training_runs_total",
            "Ended runs: accepted, refused, failed, cancelled.",
            ("verdict",),
            registry=registry,
        )
        self.seconds = gauge("ratchet_training_last_run_seconds", "Duration of the last run.")
        self.left_out = Counter(
            "ratchet_training_examples_left_out_total",
            "Examples that were left out, or used in part.",
            ("reason",),
            registry=registry,
        )
        for verdict in get_args(Verdict):
            self.runs.labels(verdict)
        self.gate = GateMetrics(registry)

    def decided(
        self,
        waiting: Mapping[Method, WaitingExamples],
        decision: ReadinessDecision,
        rules: ReadinessRules,
    ) -> None:
        chosen = decision.method if isinstance(decision, TrainNow) else None
        for method, minimum in rules.minimum.items():
            self.pending.labels(method).set(waiting.get(method, WaitingExamples()).count)
            self.wanted.labels(method).set(minimum)
            self.ready.labels(method).set(method == chosen)

    def stopped(self) -> None:
        """Clear the metrics of a run that has ended."""
        for gauge in (self.running, self.step, self.steps, self.left):
            gauge.set(0)
        self.stage.clear()

    def progressed(self, progress: TrainingProgress) -> None:
        for stage in get_args(Stage):
            self.stage.labels(stage).set(stage == progress.stage)
        self.step.set(progress.step)
        self.steps.set(progress.steps)
        self.left.set(progress.seconds_left or 0)
        if progress.loss is not None:
            self.loss.set(progress.loss)

    def leave_out(self, counts: Mapping[str, int]) -> None:
        for reason, count in counts.items():
            self.left_out.labels(reason).inc(count)

    def ended(self, verdict: Verdict, seconds: float) -> None:
        self.runs.labels(verdict).inc()
        self.seconds.set(seconds)


class TeacherMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.answers = Counter(
            "ratchet_teacher_answers_total",
            "Questions to the teacher: captured, later, refused, unusable.",
            ("outcome",),
            registry=registry,
        )


class GateMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        gauge = partial(Gauge, registry=registry)
        self.gain = gauge(
            "ratchet_training_gate_gain",
            "Gain of the last judged run, with its 95 % interval.",
            ("measure", "bound"),
        )
        self.over_base = gauge(
            "ratchet_training_gate_gain_over_base",
            "The same over the base, where it is not the champion.",
            ("measure", "bound"),
        )
        self.shadow = gauge(
            "ratchet_training_gate_shadow_gain",
            "Gain on captured prompts, with interval.",
            ("measure", "bound"),
        )
        self.kl = gauge(
            "ratchet_training_gate_kl_nats",
            "KL divergence of the last judged run from the base model, in nats per token.",
        )
        self.length = gauge(
            "ratchet_training_gate_length_ratio",
            "Length of the last judged run's answers, relative to the model before it.",
        )

    def observe(self, figures: GateFigures) -> None:
        shadow = figures.shadow
        sides = (
            (self.gain, figures.together),
            (self.over_base, figures.over_base),
            (self.shadow, shadow.gains if shadow else {}),
        )
        for gauge, gains in sides:
            gauge.clear()
            for measure, gain in gains.items():
                for bound in ("mean", "low", "high"):
                    gauge.labels(measure, bound).set(getattr(gain, bound))
        if figures.kl is not None:
            self.kl.set(figures.kl)
        if figures.length_ratio is not None:
            self.length.set(figures.length_ratio)


class FeedbackLatencyMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.seconds = Histogram(
            "ratchet_feedback_to_model_seconds",
            "Seconds from feedback to the activation of a model that learned from it.",
            buckets=(60, 300, 900, 3600, 14400, 43200, 86400, 259200, 604800, 2592000),
            registry=registry,
        )
