"""Stores rewards and ranking decisions before they are acknowledged."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ratchet.contract import DecisionMade, Delivered, ExperienceScored, State
from ratchet.storage import without_forgotten


class RankingInbox(Protocol):
    """What the handlers need of the ranking store; handlers do not import backends."""

    def add_scored(self, batch: Sequence[Delivered[ExperienceScored]]) -> None: ...

    def add_decisions(self, batch: Sequence[Delivered[DecisionMade]]) -> None: ...


@dataclass(frozen=True)
class RankingHandlers:
    store: RankingInbox

    async def handle_rewards(
        self, batch: Sequence[Delivered[ExperienceScored]], state: State
    ) -> None:
        """Stores revisions, each numbered once in the order of arrival."""
        await asyncio.to_thread(self.store.add_scored, await without_forgotten(state, batch))

    async def handle_decisions(
        self, batch: Sequence[Delivered[DecisionMade]], state: State
    ) -> None:
        """Stores decisions until their experiences are scored."""
        await asyncio.to_thread(self.store.add_decisions, batch)
