"""Everything around the loop of Tier 1 that outlives a trainer process."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from ratchet.contract import ExperienceScored
from ratchet.ranking import Embedding, HashingEmbedding
from ratchet_testing.deliveries import delivered
from ratchet_testing.fakes import MemoryPublisher
from reward.memory_state import MemoryState
from trainer.backends.scorers.legacy_scorer import LegacyCheckpoint
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.outbox import SqlOutbox
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.domain.scorer.learned_state import LearntState
from trainer.domain.scorer.rules import LearningRules
from trainer.scorer.handlers import RankingHandlers
from trainer.scorer.learning import RankingLearning
from trainer.scorer.metrics import RankingMetrics
from trainer.training.outbox_relay import OutboxRelay

from .bench import RULES, Bench

HASHING = HashingEmbedding()


class World:
    """`start` starts another process on it."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self.engine, self.directory = engine, directory
        self.store = SqlRankingStore(engine, RULES)
        self.handlers = RankingHandlers(self.store)
        self.publisher = MemoryPublisher()

    def start(
        self, embedding: Embedding = HASHING, rules: LearningRules = RULES, **parts: Any
    ) -> RankingLearning:
        store = parts.get("store", self.store)
        bench = Bench(self.engine, self.directory, embedding=embedding, store=store)
        made: dict[str, Any] = {
            "store": store,
            "learner": ScorerLearner(rules, embedding),
            "embedding": embedding,
            "publishing": bench.publishing,
            "outgoing": OutboxRelay(SqlOutbox(self.engine), self.publisher),
            "metrics": RankingMetrics(CollectorRegistry()),
            "legacy": LegacyCheckpoint(None, ""),
        }
        return RankingLearning(**{**made, **parts})

    async def hear(self, events: Sequence[ExperienceScored]) -> None:
        await self.handlers.handle_rewards(delivered(events), MemoryState())

    def undisturbed(
        self, embedding: Embedding = HASHING, rules: LearningRules = RULES
    ) -> LearntState:
        learner = ScorerLearner(rules, embedding)
        learner.learn(self.store.unlearnt(0, 10_000))
        return learner.save()


async def turns(learning: RankingLearning) -> int:
    """Work until nothing waits; says how many turns it took."""
    count = 1
    while await learning.turn():
        count += 1
    return count
