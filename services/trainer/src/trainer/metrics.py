"""The metrics of the trainer."""

from collections.abc import Mapping
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Info

from ratchet.contract import Method, Stage, Verdict
from trainer.domain.runs.child_messages import TrainingProgress
from trainer.domain.runs.readiness import ReadinessDecision, ReadinessRules, TrainNow
from trainer.domain.runs.situation import WaitingExamples
from trainer.domain.scorer.learned_state import Progress as Learnt
from trainer.domain.scorer.verdict import Verdict as RankingVerdict
from trainer.scorer.evidence import Weighed
from trainer.training.gate_metrics import GateMetrics


class TrainerMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.pending = Gauge(
            "ratchet_training_examples_pending",
            "Examples that no finished run has used, by the method they are for.",
            ("method",),
            registry=registry,
        )
        self.trouble = Gauge(
            "ratchet_training_trouble",
            "1 while training is held up by Redis, the disk or the lease.",
            registry=registry,
        )
        self.wanted = Gauge(
            "ratchet_training_examples_wanted",
            "Examples with which a run begins by itself, by the method they are for.",
            ("method",),
            registry=registry,
        )
        self.ready = Gauge(
            "ratchet_training_ready",
            "1 when the readiness rules ask for a run by this method.",
            ("method",),
            registry=registry,
        )
        self.running = Gauge(
            "ratchet_training_running", "1 while a run is at work.", registry=registry
        )
        self.stage = Gauge(
            "ratchet_training_stage",
            "1 for the stage that the run at work is in.",
            ("stage",),
            registry=registry,
        )
        self.left = Gauge(
            "ratchet_training_remaining_seconds",
            "Seconds that the run at work will still take, by its own estimate.",
            registry=registry,
        )
        self.step = Gauge("ratchet_training_step", "Step of the run at work.", registry=registry)
        self.steps = Gauge(
            "ratchet_training_steps", "Steps the run at work will take.", registry=registry
        )
        self.loss = Gauge("ratchet_training_loss", "Loss of the last step.", registry=registry)
        self.runs = Counter(
            "ratchet_training_runs_total",
            "Runs that ended, by verdict: accepted, refused, failed, cancelled.",
            ("verdict",),
            registry=registry,
        )
        self.seconds = Gauge(
            "ratchet_training_last_run_seconds", "Duration of the last run.", registry=registry
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

    def began(self) -> None:
        self.running.set(1)

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

    def ended(self, verdict: Verdict, seconds: float) -> None:
        self.runs.labels(verdict).inc()
        self.seconds.set(seconds)


class TeacherMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.answers = Counter(
            "ratchet_teacher_answers_total",
            "Questions put to the teacher, by outcome: captured, later, refused, unusable.",
            ("outcome",),
            registry=registry,
        )


class RankingMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.revisions = Gauge(
            "ratchet_ranking_revisions", "Scored revisions that were read.", registry=registry
        )
        self.steps = Gauge("ratchet_ranking_steps", "Steps the scorers took.", registry=registry)
        self.loss = Gauge(
            "ratchet_ranking_loss",
            "Last mean squared error by scorer and by what it was measured on.",
            ("scorer", "on"),
            registry=registry,
        )
        self.rate = Gauge(
            "ratchet_ranking_learning_rate", "The rate of the next step.", registry=registry
        )
        self.replay = Gauge(
            "ratchet_ranking_replay_lessons",
            "Lessons held, by use: training or validation.",
            ("use",),
            registry=registry,
        )
        self.verdicts = Counter(
            "ratchet_ranking_verdicts_total",
            "Candidates judged, by verdict: publish, keepback, withdraw.",
            ("verdict",),
            registry=registry,
        )
        self.value = Gauge(
            "ratchet_ranking_value_reward",
            "Doubly robust value of a policy on logged decisions.",
            ("policy",),
            registry=registry,
        )
        self.embedding = Info(
            "ratchet_ranking_embedding",
            "The text embedding that scorers learn and serve with.",
            registry=registry,
        )

    def uses(self, embedding: str) -> None:
        self.embedding.info({"name": embedding})

    def learnt(self, progress: Learnt) -> None:
        self.revisions.set(progress.heard_of)
        self.steps.set(progress.steps)
        self.rate.set(progress.schedule.rate)
        self.replay.labels("training").set(progress.replay)
        self.replay.labels("validation").set(progress.validation)
        for scorer, losses in (("low_rank", progress.widgets), ("composition", progress.plans)):
            for on, values in (("training", losses.recent), ("validation", losses.validation)):
                if values:
                    self.loss.labels(scorer, on).set(values[-1])

    def judged(self, verdict: RankingVerdict, weighed: Weighed) -> None:
        self.verdicts.labels(type(verdict).__name__.lower()).inc()
        for estimate in weighed.evidence.estimates:
            self.value.labels(estimate.policy).set(estimate.dr.mean)
