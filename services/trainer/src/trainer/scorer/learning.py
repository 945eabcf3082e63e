"""The background loop of Tier 1: learn what came, keep it, and judge whether it may serve."""

import asyncio
import logging
import time
from dataclasses import dataclass, field

from ratchet.processes import every
from ratchet.ranking import Embedding
from trainer.scorer.metrics import RankingMetrics
from trainer.scorer.ports import LegacyScorer, RankingStore, ScorerLearner
from trainer.scorer.publishing import Publishing
from trainer.training.outbox_relay import OutboxRelay

_log = logging.getLogger(__name__)
_MICRO_BATCH = 64
_POLL_S = 0.2


@dataclass
class RankingLearning:
    """What was learnt is kept after each micro-batch, in one transaction with how far it came.

    A kill loses at most that micro-batch, and the same revisions are learnt again from the state
    before it: to the same bits, since a step depends on its revision and those before it alone.
    """

    store: RankingStore
    learner: ScorerLearner
    embedding: Embedding
    publishing: Publishing
    outgoing: OutboxRelay
    metrics: RankingMetrics
    legacy: LegacyScorer
    _began: bool = field(default=False, repr=False)

    async def run(self) -> None:
        """Work until cancelled; retry after errors of Redis and the disk."""
        await every(_POLL_S, self._catch_up, "scorers do not learn")

    async def _catch_up(self) -> None:
        while await self.turn():
            pass

    async def turn(self) -> bool:
        """Learn one micro-batch, judge if it is due, and return whether more is waiting."""
        learnt = await asyncio.to_thread(self._learn)
        waiting = learnt == _MICRO_BATCH
        if not waiting:
            await asyncio.to_thread(self.publishing.judge_if_due, self.learner, time.monotonic())
        await self.outgoing.publish_due()
        self.metrics.learnt(self.learner.progress)
        return waiting

    def _learn(self) -> int:
        if not self._began:
            self._begin()
            self._began = True
        revisions = self.store.unlearnt(self.learner.progress.cursor, _MICRO_BATCH)
        if revisions:
            self.learner.learn(revisions)
            self.store.commit(self.learner.save())
        return len(revisions)

    def _begin(self) -> None:
        """Go on from what was kept; with another embedding or other rules, learn all anew."""
        state = self.store.learnt()
        fresh = self.learner.progress
        if state is None:
            self._start(fresh.embedding)
        elif (state.progress.embedding, state.progress.rules) != (fresh.embedding, fresh.rules):
            _log.warning(
                "the embedding or the learning rules have changed: learning anew from what is kept",
                extra={"was": state.progress.embedding, "is": fresh.embedding},
            )
            self._start(fresh.embedding)
        else:
            self.learner.restore(state, self.store.remembered(state.progress.cursor))

    def _start(self, embedding: str) -> None:
        found = self.legacy.load(embedding)
        if found is not None:
            self.learner.start_from(*found)
