"""Feeds examples for one small run after the other."""

from datetime import UTC, datetime
from itertools import count

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from trainer_kills.check import events_on

from ratchet.contract import (
    RUNS,
    BuiltExample,
    Delivered,
    DemonstrationBuilt,
    PairBuilt,
    RunFinished,
)
from ratchet.delivery import Publisher
from ratchet_cli.demo.event_summary import EventSummary
from ratchet_testing.eventually import eventually
from ratchet_testing.simulated_facts import facts_of
from reward.domain.state.policy import RewardPolicy
from reward.handlers import RewardHandlers
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics
from simulator import simulate

BATCH = 12
_START = datetime(2026, 1, 5, 6, tzinfo=UTC)
_DEADLINE_S = 3600.0


async def batch_of(seed: int, number: int) -> list[BuiltExample]:
    """Pairs as the reward service builds them from a simulated plant.

    In every second batch only the better answers, as demonstrations.
    """
    handlers = RewardHandlers(RewardPolicy(), RewardMetrics(CollectorRegistry()))
    state, story = MemoryState(), EventSummary()
    drawn = 1000 * seed + number
    turns = simulate(drawn, questions=2 * BATCH, answers_per_question=2, start=_START)
    for fact in facts_of(turns):
        for event in state.apply(await handlers.handle([Delivered.of(fact)], state)):
            story.add(event)
    pairs = [e for e in story.live if isinstance(e, PairBuilt) and e.aspect == "voice"][:BATCH]
    assert len(pairs) == BATCH
    return [_demonstrated(pair) for pair in pairs] if number % 2 else list(pairs)


def _demonstrated(pair: PairBuilt) -> DemonstrationBuilt:
    same = pair.model_dump(include=set(BuiltExample.model_fields))
    return DemonstrationBuilt(**same, answer=pair.chosen, reward=pair.chosen_reward)


class Feeding:
    def __init__(self, redis: Redis, seed: int) -> None:
        self.published: list[BuiltExample] = []
        self._redis = redis
        self._seed = seed

    async def run(self) -> None:
        for fed in count():

            async def the_last_has_finished(fed: int = fed) -> bool:
                events = await events_on(self._redis, RUNS)
                return sum(isinstance(event, RunFinished) for event in events) >= fed

            await eventually(the_last_has_finished, _DEADLINE_S)
            batch = await batch_of(self._seed, fed)
            await Publisher(self._redis).publish(batch)
            self.published.extend(batch)
