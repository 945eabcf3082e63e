"""The loop of Tier 1: what came is learnt and kept, judged and told."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from redis.exceptions import ConnectionError as NoContact
from sqlalchemy import Engine

from ratchet.contract import Event, ScorerPublished
from ratchet_testing.deliveries import delivered
from ratchet_testing.eventually import eventually
from ratchet_testing.fakes import MemoryPublisher
from reward.memory_state import MemoryState
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.outbox import SqlOutbox
from trainer.domain.scorer.rules import LearningRules
from trainer.training.outbox_relay import OutboxRelay

from .bench import OtherEmbedding
from .judged_plans import GOOD_ALERTS, answers, logged
from .learning_world import HASHING, World, turns

pytestmark = pytest.mark.heavy


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    return World(engine, tmp_path)


async def test_rewards_are_learnt_kept_judged_and_told(world: World) -> None:
    await world.hear(answers(150))
    assert await turns(world.start()) == 3
    assert world.store.learnt() == world.undisturbed()
    published = world.publisher.events[-1]
    assert isinstance(published, ScorerPublished)
    assert published.trained_on == 150
    assert SqlOutbox(world.engine).unpublished() == []


async def test_what_comes_later_is_learnt_later(world: World) -> None:
    learning = world.start()
    assert await turns(learning) == 1
    assert world.store.learnt() is None
    for first in (0, 30):
        await world.hear(answers(30, first))
        await turns(learning)
    assert world.store.learnt() == world.undisturbed()


async def test_decisions_that_were_logged_are_what_a_candidate_is_judged_by(world: World) -> None:
    pairs = [logged(number, GOOD_ALERTS) for number in range(120)]
    await world.handlers.handle_decisions(delivered([made for made, _ in pairs]), MemoryState())
    await world.hear([outcome for _, outcome in pairs])
    await turns(world.start())
    (published,) = world.publisher.events
    assert isinstance(published, ScorerPublished)
    assert published.evidence.basis == "logged decisions"
    assert published.evidence.gains["caller"].low > 0


@pytest.mark.parametrize(
    "changed", [{"embedding": OtherEmbedding()}, {"rules": LearningRules(dropout=0.2)}]
)
async def test_with_another_embedding_or_other_rules_all_is_learnt_anew(
    world: World, changed: dict[str, Any]
) -> None:
    await world.hear(answers(100))
    await turns(world.start())
    before = world.store.learnt()
    learning = world.start(**changed)
    await turns(learning)
    assert world.store.learnt() == world.undisturbed(**changed) != before
    assert learning.learner.progress.heard_of == 100


class PretendLegacy:
    """A checkpoint with the weights of a trained learner."""

    def __init__(self) -> None:
        self.loaded = 0

    def load(self, embedding: str) -> tuple[Any, str]:
        self.loaded += 1
        weights = ScorerLearner(LearningRules(seed=7), HASHING).weights().items()
        tensors = {name: torch.from_numpy(array) for name, array in weights}
        return {name: tensors[name] for name in tensors if "composition" not in name}, "legacy.pt"


async def test_it_begins_with_the_earlier_scorer_once(world: World) -> None:
    legacy = PretendLegacy()
    await world.hear(answers(70))
    for _ in range(2):
        learning = world.start(legacy=legacy)
        await turns(learning)
    assert legacy.loaded == 1
    assert learning.learner.progress.origin == "legacy.pt"
    assert world.store.learnt() != world.undisturbed()


class Unreachable:
    """No contact, until `reachable` is called."""

    def __init__(self, publisher: MemoryPublisher) -> None:
        self.tried = 0
        self._publisher = publisher
        self._answer: Callable[[Event], Any] | None = None

    def reachable(self) -> None:
        self._answer = self._publisher.publish_once

    async def publish_once(self, event: Event) -> bool:
        self.tried += 1
        if self._answer is None:
            raise NoContact
        return bool(await self._answer(event))


async def test_trouble_with_redis_is_waited_out(world: World) -> None:
    publisher = Unreachable(world.publisher)
    await world.hear(answers(150))
    learning = world.start(outgoing=OutboxRelay(SqlOutbox(world.engine), publisher))
    running = asyncio.create_task(learning.run())

    async def tried_again() -> bool:
        return publisher.tried >= 2

    async def told() -> list[Event]:
        return world.publisher.events

    await eventually(tried_again)
    assert learning.learner.progress.heard_of == 150
    publisher.reachable()
    assert [type(event) for event in await eventually(told)] == [ScorerPublished]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
