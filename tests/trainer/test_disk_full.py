"""A full disk holds training up, shows as trouble, and loses and repeats nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from ratchet.contract import CheckpointReady, RunFinished, RunStarted
from ratchet_testing.deliveries import delivered
from ratchet_testing.eventually import eventually
from reward.memory_state import MemoryState
from trainer.backends.run_process.child_run import ChildRunner
from trainer.handlers import TrainerHandlers
from trainer.ports import Runner
from trainer.status import TrainerStatus
from trainer.training.loop import TrainingLoop

from .conftest import PretendRunner, built, judged
from .scripted_child import scripted
from .world import World

BETTER = judged(0.9, 0.6)


class Room:
    """While `full`, the database may not grow by a single page."""

    def __init__(self, engine: Engine) -> None:
        self.full = False
        self._engine = engine
        event.listen(engine, "begin", self._limit)

    def fill(self) -> None:
        """Leave no free page in the database, and let it not grow."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
        self.full = True

    def _limit(self, connection: Connection) -> None:
        pages = 1 if self.full else 2**30
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


@pytest.fixture
def room(engine: Engine) -> Room:
    return Room(engine)


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    made = World(engine, tmp_path)
    made.pairs_come(0, 20)
    return made


@asynccontextmanager
async def at_work(world: World, runner: Runner, **changed: Any) -> AsyncIterator[TrainingLoop]:
    training = world.training(runner, **changed)
    working = asyncio.create_task(training.run())
    yield training
    assert not working.done()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def held_up(world: World, training: TrainingLoop) -> None:
    """Waits until the trouble shows where people and alerts look for it."""

    async def shows() -> bool:
        return training.problem is not None

    await eventually(shows)
    facts = await TrainerStatus(training).facts()
    assert "full" in facts["trouble"] or "space" in facts["trouble"]
    assert facts["summary"].startswith("held up: ")
    assert world.metrics.get_sample_value("ratchet_training_trouble") == 1


async def goes_on(world: World, training: TrainingLoop) -> None:
    """Waits for the run's end, and for the trouble to be over: everything happened once."""

    async def is_over() -> bool:
        return bool(world.published(RunFinished)) and training.problem is None

    await eventually(is_over)
    assert world.verdicts() == ["accepted"]
    assert len(world.published(RunStarted)) == 1
    assert len(world.published(CheckpointReady)) == 1
    assert world.waiting() == 0
    assert world.metrics.get_sample_value("ratchet_training_trouble") == 0


async def test_no_room_to_plan_in(world: World, room: Room):
    room.full = True
    async with at_work(world, PretendRunner(BETTER)) as training:
        await held_up(world, training)
        assert world.publisher.events == []
        room.full = False
        await goes_on(world, training)


async def test_no_room_to_end_in_and_the_run_is_not_trained_twice(
    world: World, room: Room, monkeypatch: pytest.MonkeyPatch
):
    child = scripted(monkeypatch, PretendRunner(BETTER))
    child.on_start = room.fill
    async with at_work(world, ChildRunner()) as training:
        await held_up(world, training)
        assert world.published(RunFinished) == []
        room.full = False
        await goes_on(world, training)
    assert len(child.requests) == 1


async def test_no_room_for_the_adapter_and_the_run_is_not_trained_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    def no_room(*_: Any) -> Any:
        raise OSError(ENOSPC, "No space left on device")

    child = scripted(monkeypatch, PretendRunner(BETTER))
    with monkeypatch.context() as full:
        full.setattr("trainer.backends.run_process.run_files.shutil.copy", no_room)
        async with at_work(world, ChildRunner()) as training:
            await held_up(world, training)
            full.undo()
            await goes_on(world, training)
    assert len(child.requests) == 1
    files = (path for path in world.settings.data_dir.rglob("*") if path.is_file())
    names = sorted(path.name for path in files if not path.name.startswith("trainer.db"))
    assert len(names) == 5, "dataset, both files of the adapter, references and manifest"


async def test_what_arrives_meanwhile_is_not_acknowledged_and_counts_once(world: World, room: Room):
    handlers = TrainerHandlers(world.examples, world.examples, world.models)
    news = [built(number) for number in range(20, 60)]
    room.full = True
    with pytest.raises(OSError, match="full") as raised:
        await handlers.handle_examples(delivered(news), MemoryState())
    assert raised.value.errno == ENOSPC
    assert world.waiting() == 20
    room.full = False
    for _ in range(2):
        await handlers.handle_examples(delivered(news), MemoryState())
    assert world.waiting() == 60
