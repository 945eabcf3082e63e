"""Judge a candidate against what serves, and publish, keep back or withdraw with the evidence."""

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
from ratchet.ranking import ScorerManifest, libraries
from trainer.domain.scorer.learned_state import Progress
from trainer.domain.scorer.rules import PublishingRules
from trainer.domain.scorer.serving import Serving
from trainer.domain.scorer.verdict import KeepBack, Publish, Verdict, Withdraw, judge
from trainer.scorer.evidence import Weighed, Weighing
from trainer.scorer.in_service import InService
from trainer.scorer.metrics import RankingMetrics
from trainer.scorer.ports import ScorerFiles, ScorerLearner, ScorerRegister

_log = logging.getLogger(__name__)
_TELL_AGAIN_S = 60.0


@dataclass
class Publishing:
    """`verdict` is the last one; judging blocks: call it in a thread."""

    register: ScorerRegister
    files: ScorerFiles
    in_service: InService
    weighing: Weighing
    policy: RankingPolicy
    rules: PublishingRules
    metrics: RankingMetrics
    verdict: Verdict = field(default_factory=lambda: KeepBack("not judged yet"))
    weighed: Weighed | None = None
    _judged_on: tuple[int, int] = (0, -1)
    _next: float = 0.0
    _told: tuple[str, float] = ("", 0.0)

    def judge_if_due(self, learner: ScorerLearner, now: float) -> None:
        """`now` is monotonic, in seconds; a candidate is judged when it learnt something new."""
        if now < self._next or learner.progress.steps == 0:
            return
        serving = self.in_service.now()
        if self._judged_on == (learner.progress.steps, learner.progress.cursor):
            return
        self._judged_on = (learner.progress.steps, learner.progress.cursor)
        candidate = Serving("candidate", learner.scorers(), self.policy)
        self.weighed = self.weighing.weigh(candidate, serving, learner.held_out)
        self.verdict = judge(self.weighed.evidence, self.weighed.serving, self.rules)
        kept_back = not isinstance(self.verdict, Publish)
        self._next = now + (self.rules.kept_back_every_s if kept_back else self.rules.every_s)
        self._carry_out(learner, self.weighed, serving, now)
        self.metrics.judged(self.verdict, self.weighed)

    def _carry_out(
        self, learner: ScorerLearner, weighed: Weighed, serving: Serving | None, now: float
    ) -> None:
        facts = self._facts(learner.progress, weighed)
        match self.verdict:
            case Publish():
                self._publish(learner, facts, serving)
                self._told = ("", 0.0)
            case Withdraw() if serving is not None:
                event_id = derived_id("withdrawn", serving.version)
                event = ScorerWithdrawn(event_id=event_id, **{**facts, "version": serving.version})
                self.register.withdraw(serving.version, event)
            case _:
                self._keep_back(facts, now)

    def _facts(self, progress: Progress, weighed: Weighed) -> dict[str, Any]:
        return {
            "occurred_at": utc_now(),
            "version": f"s{progress.heard_of}",
            "trained_on": progress.heard_of,
            "reason": self.verdict.reason,
            "evidence": weighed.evidence,
        }

    def _publish(
        self, learner: ScorerLearner, facts: dict[str, Any], serving: Serving | None
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
        artifact = self.files.keep(learner.weights(), manifest)
        scorers = learner.scorers()
        version = f"s{progress.heard_of}-{artifact.sha256[:8]}"
        event = ScorerPublished(
            event_id=derived_id("scorer", artifact.sha256),
            artifact=artifact,
            parameters=scorers.low_rank.parameters,
            embedding=progress.embedding,
            policy=self.policy,
            previous=serving.version if serving else None,
            **{**facts, "version": version},
        )
        self.register.publish(event)
        for superseded in self.register.superseded(self.rules.keep):
            self.files.remove(superseded.artifact)
            self.register.forget(superseded.version)

    def _keep_back(self, facts: dict[str, Any], now: float) -> None:
        """Tell when the kind of reason changes, and again once a minute."""
        basis = facts["evidence"].basis
        told, at = self._told
        if told == basis and now - at < _TELL_AGAIN_S:
            return
        self._told = (basis, now)
        event_id = derived_id("kept back", facts["version"], facts["reason"])
        self.register.tell(ScorerKeptBack(event_id=event_id, **facts))
