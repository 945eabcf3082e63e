"""Rewards and examples of facts in memory, by the service's own handlers, without Redis."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry

from ratchet.contract import BuiltExample, Delivered, Event, Example, ExperienceScored
from reward.domain.state.policy import RewardPolicy
from reward.handlers import Input, RewardHandlers
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics


class OfflineReplay:
    """`scores` by `query_id` and `live` examples by `example_id`, after the facts added so far."""

    def __init__(self, policy: RewardPolicy) -> None:
        self.handlers = RewardHandlers(policy, RewardMetrics(CollectorRegistry()))
        self.state = MemoryState()
        self.emitted: list[Event] = []

    async def add(self, *batch: Input) -> None:
        """Add facts that arrived when they occurred."""
        delivered = [Delivered.of(fact) for fact in batch]
        self.emitted.extend(self.state.apply(await self.handlers.handle(delivered, self.state)))

    @property
    def scores(self) -> dict[str, ExperienceScored]:
        latest: dict[str, ExperienceScored] = {}
        for event in self.emitted:
            if isinstance(event, ExperienceScored):
                latest[event.query_id] = event
        return latest

    @property
    def live(self) -> dict[str, BuiltExample]:
        latest: dict[str, Example] = {}
        for event in self.emitted:
            if isinstance(event, Example):
                known = latest.get(event.example_id)
                if known is None or event.revision > known.revision:
                    latest[event.example_id] = event
        return {key: event for key, event in latest.items() if isinstance(event, BuiltExample)}


async def replay(facts: Sequence[Input], policy: RewardPolicy) -> OfflineReplay:
    """All facts in one batch."""
    replayed = OfflineReplay(policy)
    if facts:
        await replayed.add(*facts)
    return replayed
