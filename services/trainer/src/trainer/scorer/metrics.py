"""The metrics of the ranking scorers."""

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Info

from ratchet.contract import Evidence
from trainer.domain.scorer.learned_state import LearningProgress
from trainer.domain.scorer.verdict import PublishingVerdict


class RankingMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        gauge = partial(Gauge, registry=registry)
        self.revisions = gauge("ratchet_ranking_revisions", "Scored revisions that were read.")
        self.steps = gauge("ratchet_ranking_steps", "Steps the scorers took.")
        self.loss = gauge(
            "ratchet_ranking_loss",
            "Last mean squared error.",
            ("scorer", "on"),
        )
        self.rate = gauge("ratchet_ranking_learning_rate", "The rate of the next step.")
        self.replay = gauge(
            "ratchet_ranking_replay_lessons",
            "Stored lessons: training, validation.",
            ("use",),
        )
        self.verdicts = Counter(
            "ratchet_ranking_verdicts_total",
            "Judged candidates: publish, keepback, withdraw.",
            ("verdict",),
            registry=registry,
        )
        self.value = gauge(
            "ratchet_ranking_value_reward",
            "Doubly robust value of a policy on logged decisions.",
            ("policy",),
        )
        self.embedding = Info(
            "ratchet_ranking_embedding",
            "The text embedding that scorers learn and serve with.",
            registry=registry,
        )

    def learned(self, progress: LearningProgress) -> None:
        self.revisions.set(progress.heard_of)
        self.steps.set(progress.steps)
        self.rate.set(progress.schedule.rate)
        self.replay.labels("training").set(progress.replay)
        self.replay.labels("validation").set(progress.validation)
        for scorer, losses in (("low_rank", progress.widgets), ("composition", progress.plans)):
            for on, values in (("training", losses.recent), ("validation", losses.validation)):
                if values:
                    self.loss.labels(scorer, on).set(values[-1])

    def judged(self, verdict: PublishingVerdict, evidence: Evidence) -> None:
        self.verdicts.labels(type(verdict).__name__.lower()).inc()
        for estimate in evidence.estimates:
            self.value.labels(estimate.policy).set(estimate.dr.mean)
