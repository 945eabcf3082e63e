"""The background loop of Tier 1: learn from new revisions, store the state, judge the candidate."""

import asyncio
import logging
import time
from dataclasses import dataclass, field

from ratchet.processes import every
from ratchet_ranking import Embedding
from trainer.backends.scorers.legacy_scorer import LegacyCheckpoint
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.scorer.metrics import RankingMetrics
from trainer.scorer.publishing import ScorerPublishing
from trainer.training.outbox_relay import OutboxRelay

_log = logging.getLogger(__name__)
_MICRO_BATCH = 64
_POLL_S = 0.2


@dataclass
class RankingLearning:
    """Stores the state after each micro-batch, in one transaction with the position it reached.

    A kill loses at most that micro-batch. The same revisions are then learned again from the
    state before it, to the same bits: a step depends on its revision and the earlier ones alone.
    """

    store: SqlRankingStore
    learner: ScorerLearner
    embedding: Embedding
    publishing: ScorerPublishing
    relay: OutboxRelay
    metrics: RankingMetrics
    legacy: LegacyCheckpoint
    _is_restored: bool = field(default=False, repr=False)

    async def run(self) -> None:
        """Work until cancelled; retry after errors of Redis and the disk."""
        await every(_POLL_S, self._catch_up, "scorers do not learn")

    async def _catch_up(self) -> None:
        while await self.run_once():
            pass

    async def run_once(self) -> bool:
        """Learn one micro-batch and judge the candidate if due; return whether more waits."""
        learned = await asyncio.to_thread(self._learn)
        waiting = learned == _MICRO_BATCH
        if not waiting:
            await asyncio.to_thread(self.publishing.judge_if_due, self.learner, time.monotonic())
        await self.relay.publish_due()
        self.metrics.learned(self.learner.progress)
        return waiting

    def _learn(self) -> int:
        if not self._is_restored:
            self._restore()
            self._is_restored = True
        revisions = self.store.unlearned(self.learner.progress.cursor, _MICRO_BATCH)
        if revisions:
            self.learner.learn(revisions)
            self.store.commit(self.learner.save())
        return len(revisions)

    def _restore(self) -> None:
        """Restore the stored state; learn from the start if the embedding or the rules changed."""
        state = self.store.learned_state()
        initial = self.learner.progress
        if state is not None:
            stored = state.progress
            if (stored.embedding, stored.rules) == (initial.embedding, initial.rules):
                self.learner.restore(state, self.store.learned_revisions(stored.cursor))
                return
            _log.warning(
                "the embedding or the learning rules changed: learning again from the stored "
                "revisions",
                extra={"was": stored.embedding, "is": initial.embedding},
            )
        checkpoint = self.legacy.load(initial.embedding)
        if checkpoint is not None:
            self.learner.start_from(*checkpoint)
