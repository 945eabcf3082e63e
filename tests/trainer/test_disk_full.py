"""A full disk holds training up, is reported, and loses and repeats nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from ratchet.contract import CheckpointReady, RunFinished, RunStarted, Unavailable
from ratchet.processes import end_all
from ratchet_testing.deliveries import delivered
from ratchet_testing.eventually import eventually
from reward.memory_state import MemoryState
from trainer.backends.run_process.child_run import ChildRunner
from trainer.handlers import TrainerHandlers
from trainer.status import training_facts
from trainer.training.loop import TrainingLoop

from .conftest import FakeRunner, built, judged
from .harness import TrainerHarness
from .scripted_child import scripted

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
def harness(engine: Engine, tmp_path: Path) -> TrainerHarness:
    made = TrainerHarness(engine, tmp_path)
    made.pairs_come(0, 20)
    return made


@asynccontextmanager
async def at_work(
    harness: TrainerHarness, runner: ChildRunner, **changed: Any
) -> AsyncIterator[TrainingLoop]:
    training = harness.training(runner, **changed)
    working = asyncio.create_task(training.run())
    yield training
    assert not working.done()
    await end_all(working)


async def held_up(harness: TrainerHarness, training: TrainingLoop) -> None:
    """Wait until status and metrics report the problem."""

    async def shows() -> bool:
        return training.problem is not None

    await eventually(shows)
    facts = await training_facts(training)
    assert "full" in facts["trouble"] or "space" in facts["trouble"]
    assert facts["summary"].startswith("held up: ")
    assert harness.metrics.get_sample_value("ratchet_training_trouble") == 1


async def goes_on(harness: TrainerHarness, training: TrainingLoop) -> None:
    """Wait for the end of the run and of the problem: everything happened once."""

    async def is_over() -> bool:
        return bool(harness.published(RunFinished)) and training.problem is None

    await eventually(is_over)
    assert harness.verdicts() == ["accepted"]
    assert len(harness.published(RunStarted)) == 1
    assert len(harness.published(CheckpointReady)) == 1
    assert harness.waiting() == 0
    assert harness.metrics.get_sample_value("ratchet_training_trouble") == 0


async def test_a_full_disk_delays_planning(harness: TrainerHarness, room: Room):
    room.full = True
    async with at_work(harness, FakeRunner(BETTER)) as training:
        await held_up(harness, training)
        assert harness.publisher.events == []
        room.full = False
        await goes_on(harness, training)


async def test_a_full_disk_at_the_end_does_not_repeat_the_training(
    harness: TrainerHarness, room: Room, monkeypatch: pytest.MonkeyPatch
):
    child = scripted(monkeypatch, FakeRunner(BETTER))
    child.on_start = room.fill
    async with at_work(harness, ChildRunner()) as training:
        await held_up(harness, training)
        assert harness.published(RunFinished) == []
        room.full = False
        await goes_on(harness, training)
    assert len(child.requests) == 1


async def test_a_full_disk_for_the_adapter_does_not_repeat_the_training(
    harness: TrainerHarness, monkeypatch: pytest.MonkeyPatch
):
    def no_room(*_: Any) -> Any:
        raise OSError(ENOSPC, "No space left on device")

    child = scripted(monkeypatch, FakeRunner(BETTER))
    with monkeypatch.context() as full:
        full.setattr("trainer.backends.run_process.run_files.shutil.copy", no_room)
        async with at_work(harness, ChildRunner()) as training:
            await held_up(harness, training)
            full.undo()
            await goes_on(harness, training)
    assert len(child.requests) == 1
    files = (path for path in harness.settings.data_dir.rglob("*") if path.is_file())
    names = sorted(path.name for path in files if not path.name.startswith("trainer.db"))
    assert len(names) == 5, "dataset, both files of the adapter, references and manifest"


async def test_examples_on_a_full_disk_are_not_acknowledged_and_count_once(
    harness: TrainerHarness, room: Room
):
    handlers = TrainerHandlers(harness.examples, harness.models)
    batch = [built(number) for number in range(20, 60)]
    room.full = True
    with pytest.raises(Unavailable, match="full"):
        await handlers.handle_examples(delivered(batch), MemoryState())
    assert harness.waiting() == 20
    room.full = False
    for _ in range(2):
        await handlers.handle_examples(delivered(batch), MemoryState())
    assert harness.waiting() == 60
