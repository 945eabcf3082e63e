"""Forgetting: examples, plans and what models said go; a next run begins without them."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from ratchet.contract import Done, ForgetRequested, Forgotten, utc_now
from ratchet_testing.deliveries import delivered
from reward.memory_state import MemoryState
from trainer.backends.sql.erasure import TrainerErasure
from trainer.erasure import TrainerErasureHandler

from .conftest import PretendRunner, judged
from .world import World

BETTER = judged(0.9, 0.6)
ASKED = ForgetRequested(
    event_id="forget-them",
    occurred_at=utc_now(),
    requested_by="tests",
    query_ids=("query-3", "query-7"),
    retrain=True,
)


async def forgotten(world: World, directory: Path) -> Forgotten:
    erasing = TrainerErasure(world.examples._engine, world.artifacts, directory / "runs")
    handler = TrainerErasureHandler(erasing)
    [outcome] = await handler.handle(delivered([ASKED]), MemoryState())
    assert isinstance(outcome, Done)
    [answer] = outcome.emits
    assert isinstance(answer, Forgotten)
    return answer


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    return World(engine, tmp_path)


def bytes_of(directory: Path) -> bytes:
    return b"".join(p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file())


async def test_what_waited_is_gone_to_the_last_byte(world: World, tmp_path: Path):
    world.pairs_come(0, 20)
    assert b"query-7" in bytes_of(tmp_path)
    answer = await forgotten(world, tmp_path)
    assert answer.erased["examples"] == 2
    assert world.waiting() == 18
    left = bytes_of(tmp_path)
    assert not [name for name in (b'"query-3"', b'"query-7"', b"43 kW", b"47 kW") if name in left]


async def test_a_model_that_learnt_from_it_is_gone_on_from_no_more(world: World, tmp_path: Path):
    world.pairs_come(0, 20)
    await world.training(PretendRunner(BETTER)).turn()
    assert world.verdicts() == ["accepted"]
    assert world.waiting() == 0
    [checkpoint] = world.runs.accepted(world.settings.trainer_base_model)
    answer = await forgotten(world, tmp_path)
    assert answer.erased["runs"] == 1
    assert world.runs.tainted() == {checkpoint.manifest.sha256}
    assert world.waiting() == 18, "all others teach again"
    left = bytes_of(tmp_path)
    assert not [name for name in (b'"query-3"', b"43 kW", b"47 kW") if name in left]
    again = await forgotten(world, tmp_path)
    assert again.erased["examples"] == 0
