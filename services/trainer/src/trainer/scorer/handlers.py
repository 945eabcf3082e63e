"""Rewards and decisions in: durable before they are acknowledged, learnt from there."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.contract import DecisionMade, Done, ExperienceScored, Outcome, State
from ratchet.storage import without_forgotten
from trainer.scorer.ports import RankingStore


@dataclass(frozen=True)
class RankingHandlers:
    store: RankingStore

    async def handle_rewards(
        self, batch: Sequence[ExperienceScored], state: State
    ) -> Sequence[Outcome]:
        """As `ratchet.contract.Handle`: a revision is numbered once, in the order it came."""
        await asyncio.to_thread(self.store.keep_scored, await without_forgotten(state, batch))
        return [Done()] * len(batch)

    async def handle_decisions(
        self, batch: Sequence[DecisionMade], state: State
    ) -> Sequence[Outcome]:
        """As `ratchet.contract.Handle`: a decision waits for what comes of it."""
        await asyncio.to_thread(self.store.keep_decisions, batch)
        return [Done()] * len(batch)
