"""Wires the learning loop on storage that survives a restart."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from ratchet.contract import ExperienceScored
from ratchet_ranking import Embedding, HashingEmbedding
from ratchet_testing.deliveries import delivered
from ratchet_testing.fakes import MemoryPublisher
from reward.memory_state import MemoryState
from trainer.backends.scorers.legacy_scorer import LegacyCheckpoint
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.outbox import SqlOutbox
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.domain.scorer.learned_state import LearnedState
from trainer.domain.scorer.rules import LearningRules
from trainer.handlers import RankingHandlers
from trainer.scorer.learning import RankingLearning
from trainer.scorer.metrics import RankingMetrics
from trainer.training.outbox_relay import OutboxRelay

from .ranking_setup import RULES, RankingSetup

HASHING = HashingEmbedding()


class LearningSetup:
    """Storage and publisher; each `start` simulates another process."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self.engine, self.directory = engine, directory
        self.store = SqlRankingStore(engine, RULES)
        self.handlers = RankingHandlers(self.store)
        self.publisher = MemoryPublisher()

    def start(
        self, embedding: Embedding = HASHING, rules: LearningRules = RULES, **parts: Any
    ) -> RankingLearning:
        store = parts.get("store", self.store)
        setup = RankingSetup(self.engine, self.directory, embedding=embedding, store=store)
        made: dict[str, Any] = {
            "store": store,
            "learner": ScorerLearner(rules, embedding),
            "embedding": embedding,
            "publishing": setup.publishing,
            "relay": OutboxRelay(SqlOutbox(self.engine), self.publisher),
            "metrics": RankingMetrics(CollectorRegistry()),
            "legacy": LegacyCheckpoint(None, ""),
        }
        return RankingLearning(**{**made, **parts})

    async def receive(self, events: Sequence[ExperienceScored]) -> None:
        await self.handlers.handle_rewards(delivered(events), MemoryState())

    def uninterrupted(
        self, embedding: Embedding = HASHING, rules: LearningRules = RULES
    ) -> LearnedState:
        learner = ScorerLearner(rules, embedding)
        learner.learn(self.store.unlearned(0, 10_000))
        return learner.save()


async def run_until_idle(learning: RankingLearning) -> int:
    """Run until nothing waits; return the number of iterations."""
    count = 1
    while await learning.run_once():
        count += 1
    return count
