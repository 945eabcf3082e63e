"""Reward and the trainer's Tier 1 in one process, so that a run is the same every time."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from ratchet.artifacts import ArtifactStore
from ratchet.events.ranking import RankingPolicy
from ratchet.events.reward import ExperienceScored
from ratchet.ranking.embedding import Embedding
from reward.domain.answered import Policy
from reward.offline import Replay
from trainer.backends.database import open_database
from trainer.backends.ranking_store import SqlRankingStore
from trainer.backends.scorer_files import ScorerFiles
from trainer.backends.scorer_learner import ScorerLearner
from trainer.backends.scorer_register import SqlScorerRegister
from trainer.domain.ranking.rules import LearningRules, PublishingRules
from trainer.metrics import RankingMetrics
from trainer.ranking.evidence import Weighing
from trainer.ranking.in_service import InService
from trainer.ranking.publishing import Publishing


@dataclass
class Tier1:
    """As the services wire them, with a judgement whenever it is asked for."""

    directory: Path
    embedding: Embedding
    rewards: Replay = field(default_factory=lambda: Replay(Policy()))
    policy: RankingPolicy = field(default_factory=RankingPolicy)
    rules: LearningRules = field(default_factory=LearningRules)

    def __post_init__(self) -> None:
        engine = open_database(self.directory / "trainer.db")
        self.store = SqlRankingStore(engine, self.rules)
        self.learner = ScorerLearner(self.rules, self.embedding)
        register = SqlScorerRegister(engine)
        files = ScorerFiles(ArtifactStore(self.directory / "artifacts"))
        publishing = PublishingRules(every_s=0, kept_back_every_s=0)
        self.publishing = Publishing(
            register=register,
            files=files,
            in_service=InService(register, files, self.embedding.name),
            weighing=Weighing(self.store, self.embedding, publishing, self.rules.seed),
            policy=self.policy,
            rules=publishing,
            metrics=RankingMetrics(CollectorRegistry()),
        )

    async def hear(self, *facts: Any) -> list[ExperienceScored]:
        """Score `facts` and keep what came of it, without learning it."""
        before = len(self.rewards.emitted)
        await self.rewards.take(*facts)
        found = [e for e in self.rewards.emitted[before:] if isinstance(e, ExperienceScored)]
        self.store.keep_scored(found)
        return found

    def learn(self) -> None:
        self.learner.learn(self.store.unlearnt(self.learner.progress.cursor, 10_000))
