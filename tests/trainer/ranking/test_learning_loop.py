"""The learning loop: learns, stores, judges and publishes."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from redis.exceptions import ConnectionError as RedisUnavailable
from sqlalchemy import Engine

from ratchet.contract import Event, ScorerPublished
from ratchet.processes import end_all
from ratchet_testing.deliveries import delivered
from ratchet_testing.eventually import eventually
from ratchet_testing.fakes import MemoryPublisher
from reward.memory_state import MemoryState
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.outbox import SqlOutbox
from trainer.domain.scorer.rules import LearningRules
from trainer.training.outbox_relay import OutboxRelay

from .judged_plans import GOOD_ALERTS, answers, logged
from .learning_setup import HASHING, LearningSetup, run_until_idle
from .ranking_setup import OtherEmbedding

pytestmark = pytest.mark.heavy


@pytest.fixture
def setup(engine: Engine, tmp_path: Path) -> LearningSetup:
    return LearningSetup(engine, tmp_path)


async def test_rewards_lead_to_a_stored_state_and_a_published_scorer(setup: LearningSetup) -> None:
    await setup.receive(answers(150))
    assert await run_until_idle(setup.start()) == 3
    assert setup.store.learned_state() == setup.uninterrupted()
    published = setup.publisher.events[-1]
    assert isinstance(published, ScorerPublished)
    assert published.trained_on == 150
    assert SqlOutbox(setup.engine).unpublished() == []


async def test_later_revisions_are_learned_later(setup: LearningSetup) -> None:
    learning = setup.start()
    assert await run_until_idle(learning) == 1
    assert setup.store.learned_state() is None
    for first in (0, 30):
        await setup.receive(answers(30, first))
        await run_until_idle(learning)
    assert setup.store.learned_state() == setup.uninterrupted()


async def test_a_candidate_is_judged_on_logged_decisions(
    setup: LearningSetup,
) -> None:
    pairs = [logged(number, GOOD_ALERTS) for number in range(120)]
    await setup.handlers.handle_decisions(delivered([made for made, _ in pairs]), MemoryState())
    await setup.receive([outcome for _, outcome in pairs])
    await run_until_idle(setup.start())
    (published,) = setup.publisher.events
    assert isinstance(published, ScorerPublished)
    assert published.evidence.basis == "logged decisions"
    assert published.evidence.gains["caller"].low > 0


@pytest.mark.parametrize(
    "changed", [{"embedding": OtherEmbedding()}, {"rules": LearningRules(dropout=0.2)}]
)
async def test_another_embedding_or_other_rules_restart_learning(
    setup: LearningSetup, changed: dict[str, Any]
) -> None:
    await setup.receive(answers(100))
    await run_until_idle(setup.start())
    before = setup.store.learned_state()
    learning = setup.start(**changed)
    await run_until_idle(learning)
    assert setup.store.learned_state() == setup.uninterrupted(**changed) != before
    assert learning.learner.progress.heard_of == 100


class FakeLegacyCheckpoint:
    """A checkpoint with the weights of a trained learner."""

    def __init__(self) -> None:
        self.loaded = 0

    def load(self, embedding: str) -> tuple[Any, str]:
        self.loaded += 1
        weights = ScorerLearner(LearningRules(seed=7), HASHING).weights().items()
        tensors = {name: torch.from_numpy(array) for name, array in weights}
        return {name: tensors[name] for name in tensors if "composition" not in name}, "legacy.pt"


async def test_the_legacy_checkpoint_is_loaded_once(setup: LearningSetup) -> None:
    legacy = FakeLegacyCheckpoint()
    await setup.receive(answers(70))
    for _ in range(2):
        learning = setup.start(legacy=legacy)
        await run_until_idle(learning)
    assert legacy.loaded == 1
    assert learning.learner.progress.origin == "legacy.pt"
    assert setup.store.learned_state() != setup.uninterrupted()


class Unreachable:
    """Raises until `reachable` is called."""

    def __init__(self, publisher: MemoryPublisher) -> None:
        self.tried = 0
        self._publisher = publisher
        self._answer: Callable[[Event], Any] | None = None

    def reachable(self) -> None:
        self._answer = self._publisher.publish_once

    async def publish_once(self, event: Event) -> bool:
        self.tried += 1
        if self._answer is None:
            raise RedisUnavailable
        return bool(await self._answer(event))


async def test_learning_continues_while_redis_is_unavailable(setup: LearningSetup) -> None:
    publisher = Unreachable(setup.publisher)
    await setup.receive(answers(150))
    learning = setup.start(relay=OutboxRelay(SqlOutbox(setup.engine), publisher))
    running = asyncio.create_task(learning.run())

    async def tried_again() -> bool:
        return publisher.tried >= 2

    async def told() -> list[Event]:
        return setup.publisher.events

    await eventually(tried_again)
    assert learning.learner.progress.heard_of == 150
    publisher.reachable()
    assert [type(event) for event in await eventually(told)] == [ScorerPublished]
    await end_all(running)
