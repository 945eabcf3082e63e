"""The scorer in service after a restart: its file, its event and comparisons."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from ratchet.contract import ScorerPublished
from trainer.backends.sql.scorer_register import SqlScorerRegister

from ..harness import Killed
from .judged_plans import answers
from .ranking_setup import AT_ONCE, OtherEmbedding, RankingSetup, trained_learner

pytestmark = pytest.mark.heavy

NOW = 1_000.0
Start = Callable[..., RankingSetup]


@pytest.fixture
def start(engine: Engine, tmp_path: Path) -> Start:
    def start(**parts: Any) -> RankingSetup:
        return RankingSetup(engine, tmp_path, **parts)

    return start


def test_files_of_superseded_scorers_are_removed(start: Start) -> None:
    rules = AT_ONCE.model_copy(update={"tolerance": 1.0})
    setup = start(rules=rules)
    setup.learn(answers(150))
    for number in range(4):
        setup.learn(answers(1, first=150 + number))
        setup.judge(NOW + number)
    published = setup.events(ScorerPublished)
    assert len(published) == 4
    assert setup.files == sorted(event.artifact.sha256 for event in published[-2:])
    assert setup.register.superseded(2) == []


def test_a_scorer_of_another_embedding_is_not_compared(start: Start) -> None:
    start(embedding=OtherEmbedding()).put_in_service(trained_learner("alerts"), "foreign")
    setup = start(embedding=OtherEmbedding())
    setup.learn(answers(150))
    setup.judge()
    published = setup.events(ScorerPublished)[-1]
    assert (published.embedding, published.previous) == ("other-768-1", None)
    assert published.evidence.gains.keys() == {"caller"}


def test_a_scorer_without_its_file_is_not_compared(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    setup = start()
    setup.put_in_service(trained_learner("alerts"), "lost")
    setup.artifacts.path(setup.events()[0].artifact).unlink()
    setup.learn(answers(150))
    with caplog.at_level(logging.ERROR):
        setup.judge()
    assert setup.events(ScorerPublished)[-1].previous is None
    assert "the scorer in service cannot be read" in caplog.text


class DyingRegister(SqlScorerRegister):
    """Raises `Killed` at the first scorer, right before or after its commit."""

    committed = False

    def publish(self, event: ScorerPublished) -> None:
        if self.committed:
            super().publish(event)
        raise Killed


@pytest.mark.parametrize("committed", [False, True])
def test_a_kill_between_file_and_event_publishes_once(
    start: Start, engine: Engine, committed: bool
) -> None:
    register = DyingRegister(engine)
    register.committed = committed
    dying = start(register=register)
    dying.learn(answers(150))
    with pytest.raises(Killed):
        dying.judge()
    restarted = start().resume()
    restarted.judge()
    restarted.judge(NOW + 100)
    (published,) = restarted.events()
    assert isinstance(published, ScorerPublished)
    assert restarted.files == [published.artifact.sha256]
    assert restarted.register.in_service() == published
