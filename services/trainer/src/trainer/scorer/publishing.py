"""Judges a candidate, then publishes it, keeps it back or withdraws the scorer in service."""

import logging
from dataclasses import dataclass, field
from typing import Any

from ratchet.contract import (
    RankingPolicy,
    ScorerKeptBack,
    ScorerPublished,
    ScorerWithdrawn,
    derived_id,
    utc_now,
)
from ratchet.storage import ArtifactStore
from ratchet_ranking import ScorerManifest, libraries, read_scorer, scorer_bytes
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.scorer_register import SqlScorerRegister
from trainer.domain.scorer.rules import PublishingRules
from trainer.domain.scorer.scorer_version import ScorerVersion
from trainer.domain.scorer.verdict import KeepBack, Publish, PublishingVerdict, Withdraw, judge
from trainer.scorer.evidence import ScorerEvaluation, ScorerEvaluator
from trainer.scorer.metrics import RankingMetrics

_log = logging.getLogger(__name__)
_REPEAT_S = 60.0


@dataclass
class ServedScorer:
    """`embedding` is the name of the embedding in use."""

    register: SqlScorerRegister
    artifacts: ArtifactStore
    embedding: str
    _loaded: ScorerVersion | None = field(default=None, repr=False)

    def current(self) -> ScorerVersion | None:
        """None without a scorer, without its file, or if it was trained on another embedding."""
        event = self.register.in_service()
        if event is None or event.embedding != self.embedding:
            return None
        if self._loaded is None or self._loaded.version != event.version:
            try:
                scorers, _ = read_scorer(self.artifacts.verified(event.artifact))
            except (LookupError, ValueError) as error:
                _log.error("the scorer in service cannot be read: %s", error)
                return None
            self._loaded = ScorerVersion(event.version, scorers, event.policy)
        return self._loaded


@dataclass
class ScorerPublishing:
    """`verdict` is the last one. Judging blocks: call it in a thread."""

    register: SqlScorerRegister
    artifacts: ArtifactStore
    in_service: ServedScorer
    evaluator: ScorerEvaluator
    policy: RankingPolicy
    rules: PublishingRules
    metrics: RankingMetrics
    verdict: PublishingVerdict = field(default_factory=lambda: KeepBack("not judged yet"))
    evaluation: ScorerEvaluation | None = None
    _judged_on: tuple[int, int] = (0, -1)
    _next: float = 0.0
    _reported: tuple[str, float] = ("", 0.0)

    def judge_if_due(self, learner: ScorerLearner, now: float) -> None:
        """Judge a candidate that has learned since the last time; `now` is monotonic seconds."""
        if now < self._next or learner.progress.steps == 0:
            return
        serving = self.in_service.current()
        if self._judged_on == (learner.progress.steps, learner.progress.cursor):
            return
        self._judged_on = (learner.progress.steps, learner.progress.cursor)
        candidate = ScorerVersion("candidate", learner.scorers(), self.policy)
        self.evaluation = self.evaluator.evaluate(candidate, serving, learner.held_out)
        self.verdict = judge(self.evaluation.evidence, self.evaluation.in_service_gain, self.rules)
        kept_back = not isinstance(self.verdict, Publish)
        self._next = now + (self.rules.kept_back_every_s if kept_back else self.rules.every_s)
        self._carry_out(learner, self.evaluation, serving, now)
        self.metrics.judged(self.verdict, self.evaluation.evidence)

    def _carry_out(
        self,
        learner: ScorerLearner,
        evaluation: ScorerEvaluation,
        serving: ScorerVersion | None,
        now: float,
    ) -> None:
        fields: dict[str, Any] = {
            "occurred_at": utc_now(),
            "version": f"s{learner.progress.heard_of}",
            "trained_on": learner.progress.heard_of,
            "reason": self.verdict.reason,
            "evidence": evaluation.evidence,
        }
        match self.verdict:
            case Publish():
                self._publish(learner, fields, serving)
                self._reported = ("", 0.0)
            case Withdraw() if serving is not None:
                event_id = derived_id("withdrawn", serving.version)
                fields["version"] = serving.version
                self.register.withdraw(
                    serving.version, ScorerWithdrawn(event_id=event_id, **fields)
                )
            case _:
                self._keep_back(fields, now)

    def _publish(
        self, learner: ScorerLearner, fields: dict[str, Any], serving: ScorerVersion | None
    ) -> None:
        progress = learner.progress
        manifest = ScorerManifest(
            embedding=progress.embedding,
            policy=self.policy,
            trained_on=progress.heard_of,
            steps=progress.steps,
            seed=progress.rules.seed,
            versions=libraries(),
        )
        artifact = self.artifacts.put_bytes(
            scorer_bytes(learner.weights(), manifest), "scorer.safetensors"
        )
        fields["version"] += f"-{artifact.sha256[:8]}"
        self.register.publish(
            ScorerPublished(
                event_id=derived_id("scorer", artifact.sha256),
                artifact=artifact,
                parameters=learner.scorers().low_rank.parameters,
                embedding=progress.embedding,
                policy=self.policy,
                previous=serving.version if serving else None,
                **fields,
            )
        )
        # The file goes before its row: a kill between the two repeats the removal.
        for superseded in self.register.superseded(self.rules.keep):
            self.artifacts.discard(superseded.artifact)
            self.register.remove(superseded.version)

    def _keep_back(self, fields: dict[str, Any], now: float) -> None:
        """Report when the kind of evidence changes, and repeat once a minute."""
        basis = fields["evidence"].basis
        reported, at = self._reported
        if reported == basis and now - at < _REPEAT_S:
            return
        self._reported = (basis, now)
        event_id = derived_id("kept back", fields["version"], fields["reason"])
        self.register.post(ScorerKeptBack(event_id=event_id, **fields))
