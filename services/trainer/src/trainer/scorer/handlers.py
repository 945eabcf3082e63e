"""Stores rewards and ranking decisions before they are acknowledged."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.contract import DecisionMade, Delivered, ExperienceScored, State
from ratchet.storage import without_forgotten
from trainer.scorer.ports import RankingStore


@dataclass(frozen=True)
class RankingHandlers:
    store: RankingStore

    async def handle_rewards(
        self, batch: Sequence[Delivered[ExperienceScored]], state: State
    ) -> None:
        """Stores revisions, each numbered once in the order of arrival."""
        await asyncio.to_thread(self.store.keep_scored, await without_forgotten(state, batch))

    async def handle_decisions(
        self, batch: Sequence[Delivered[DecisionMade]], state: State
    ) -> None:
        """Stores decisions until their experiences are scored."""
        await asyncio.to_thread(self.store.keep_decisions, batch)
