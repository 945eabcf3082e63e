"""Killed before or after any of its effects, the loop ends as if it had not been."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet.contract import ScorerPublished
from trainer.backends.sql.outbox import SqlOutbox
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.domain.scorer.learned_state import LearntState
from trainer.training.outbox_relay import OutboxRelay

from .bench import RULES
from .judged_plans import answers
from .learning_world import World, turns

pytestmark = pytest.mark.heavy


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    return World(engine, tmp_path)


class DyingStore(SqlRankingStore):
    """Dies right before or right after the commit that `lives` runs out with."""

    lives = 0
    committed = False

    def commit(self, state: LearntState) -> None:
        if self.lives:
            self.lives -= 1
            super().commit(state)
            return
        if self.committed:
            super().commit(state)
        raise Killed


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("lives", [0, 1, 2])
async def test_killed_before_or_after_a_commit_it_ends_in_the_same_bits(
    world: World, lives: int, committed: bool
) -> None:
    await world.hear(answers(150))
    store = DyingStore(world.engine, RULES)
    store.lives, store.committed = lives, committed
    with pytest.raises(Killed):
        await turns(world.start(store=store))
    restarted = world.start()
    await turns(restarted)
    assert restarted.learner.save() == world.store.learnt() == world.undisturbed()
    assert [type(event) for event in world.publisher.events] == [ScorerPublished]


class DyingOutbox(SqlOutbox):
    """Dies when an event was published and is not yet marked so."""

    def published(self, event_id: str) -> None:
        raise Killed


async def test_killed_after_it_told_it_does_not_tell_again(world: World) -> None:
    await world.hear(answers(150))
    dying = OutboxRelay(DyingOutbox(world.engine), world.publisher)
    with pytest.raises(Killed):
        await turns(world.start(outgoing=dying))
    for _ in range(2):
        await turns(world.start())
    assert [type(event) for event in world.publisher.events] == [ScorerPublished]
    assert SqlOutbox(world.engine).unpublished() == []
