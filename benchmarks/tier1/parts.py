"""Wires reward and the trainer's Tier 1 in one process, for deterministic runs."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from ratchet.contract import ExperienceScored, RankingPolicy
from ratchet.storage import ArtifactStore
from ratchet_ranking import Embedding
from ratchet_testing.deliveries import delivered
from reward.domain.state.policy import RewardPolicy
from reward.offline import OfflineReplay
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.database import open_database
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.backends.sql.scorer_register import SqlScorerRegister
from trainer.domain.scorer.rules import LearningRules, PublishingRules
from trainer.scorer.evidence import ScorerEvaluator
from trainer.scorer.metrics import RankingMetrics
from trainer.scorer.publishing import ScorerPublishing, ServedScorer


@dataclass
class Tier1:
    """The services' parts, with judging on request."""

    directory: Path
    embedding: Embedding
    rewards: OfflineReplay = field(default_factory=lambda: OfflineReplay(RewardPolicy()))
    policy: RankingPolicy = field(default_factory=RankingPolicy)
    rules: LearningRules = field(default_factory=LearningRules)

    def __post_init__(self) -> None:
        engine = open_database(self.directory / "trainer.db")
        self.store = SqlRankingStore(engine, self.rules)
        self.learner = ScorerLearner(self.rules, self.embedding)
        register = SqlScorerRegister(engine)
        artifacts = ArtifactStore(self.directory / "artifacts")
        publishing = PublishingRules(every_s=0, kept_back_every_s=0)
        self.publishing = ScorerPublishing(
            register=register,
            artifacts=artifacts,
            in_service=ServedScorer(register, artifacts, self.embedding.name),
            evaluator=ScorerEvaluator(self.store, self.embedding, publishing, self.rules.seed),
            policy=self.policy,
            rules=publishing,
            metrics=RankingMetrics(CollectorRegistry()),
        )

    async def process(self, *facts: Any) -> list[ExperienceScored]:
        """Score `facts` and store the results without learning."""
        before = len(self.rewards.emitted)
        await self.rewards.add(*facts)
        results = [e for e in self.rewards.emitted[before:] if isinstance(e, ExperienceScored)]
        self.store.add_scored(delivered(results))
        return results

    def learn(self) -> None:
        self.learner.learn(self.store.unlearned(self.learner.progress.cursor, 10_000))
