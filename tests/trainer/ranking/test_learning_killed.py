"""A kill before or after any effect of the loop does not change the result."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet.contract import ScorerPublished
from trainer.backends.sql.outbox import SqlOutbox
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.domain.scorer.learned_state import LearnedState
from trainer.training.outbox_relay import OutboxRelay

from ..harness import Killed
from .judged_plans import answers
from .learning_setup import LearningSetup, run_until_idle
from .ranking_setup import RULES

pytestmark = pytest.mark.heavy


@pytest.fixture
def setup(engine: Engine, tmp_path: Path) -> LearningSetup:
    return LearningSetup(engine, tmp_path)


class DyingStore(SqlRankingStore):
    """Raises `Killed` right before or after the last of `lives` commits."""

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
async def test_a_kill_around_a_commit_leads_to_the_same_bits(
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
    """Raises `Killed` between publishing an event and marking it."""

    def mark_published(self, event_id: str) -> None:
        raise Killed


async def test_a_kill_after_publishing_does_not_publish_again(setup: LearningSetup) -> None:
    await setup.receive(answers(150))
    dying = OutboxRelay(DyingOutbox(setup.engine), setup.publisher)
    with pytest.raises(Killed):
        await run_until_idle(setup.start(relay=dying))
    for _ in range(2):
        await run_until_idle(setup.start())
    assert [type(event) for event in setup.publisher.events] == [ScorerPublished]
    assert SqlOutbox(setup.engine).unpublished() == []
