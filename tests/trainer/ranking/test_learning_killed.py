"""Killed before or after any of its effects, the loop ends as if it had not been."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet.contract import ScorerPublished
from trainer.backends.sql.outbox import SqlOutbox
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.domain.scorer.learned_state import LearnedState
from trainer.training.outbox_relay import OutboxRelay

from .judged_plans import answers
from .learning_setup import LearningSetup, run_until_idle
from .ranking_setup import RULES

pytestmark = pytest.mark.heavy


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def setup(engine: Engine, tmp_path: Path) -> LearningSetup:
    return LearningSetup(engine, tmp_path)


class DyingStore(SqlRankingStore):
    """Dies right before or right after the commit that `lives` runs out with."""

    lives = 0
    committed = False

    def commit(self, state: LearnedState) -> None:
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
    setup: LearningSetup, lives: int, committed: bool
) -> None:
    await setup.receive(answers(150))
    store = DyingStore(setup.engine, RULES)
    store.lives, store.committed = lives, committed
    with pytest.raises(Killed):
        await run_until_idle(setup.start(store=store))
    restarted = setup.start()
    await run_until_idle(restarted)
    assert restarted.learner.save() == setup.store.learned_state() == setup.uninterrupted()
    assert [type(event) for event in setup.publisher.events] == [ScorerPublished]


class DyingOutbox(SqlOutbox):
    """Dies when an event was published and is not yet marked so."""

    def published(self, event_id: str) -> None:
        raise Killed


async def test_killed_after_it_told_it_does_not_tell_again(setup: LearningSetup) -> None:
    await setup.receive(answers(150))
    dying = OutboxRelay(DyingOutbox(setup.engine), setup.publisher)
    with pytest.raises(Killed):
        await run_until_idle(setup.start(relay=dying))
    for _ in range(2):
        await run_until_idle(setup.start())
    assert [type(event) for event in setup.publisher.events] == [ScorerPublished]
    assert SqlOutbox(setup.engine).unpublished() == []
