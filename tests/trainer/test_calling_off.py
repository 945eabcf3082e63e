"""A run that somebody cancels, or that takes too long, ends without a judgement."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from ratchet.contract import CheckpointReady, RunFinished, RunStarted, utc_now
from ratchet_testing.eventually import eventually
from trainer.backends.regression_file import PACKAGED
from trainer.backends.run_process.child_run import ChildRunner
from trainer.backends.run_process.run_files import RunFiles
from trainer.backends.sql.run_store import SqlRunStore
from trainer.domain.runs.child_messages import TrainingResult, TrainRequest
from trainer.training.cancellation import RunAborted, abort_on_cancellation

from .conftest import PretendRunner, judged
from .scripted_child import FOREVER, scripted
from .world import Killed, World

BETTER = judged(0.9, 0.6)


class Endless(PretendRunner):
    """Works until its task is cancelled."""

    def __init__(self) -> None:
        super().__init__(BETTER)
        self.began = asyncio.Event()

    async def train(self, request: TrainRequest, on_progress: Any) -> TrainingResult:
        self.requests.append(request)
        self.began.set()
        await asyncio.Event().wait()
        raise AssertionError


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    made = World(engine, tmp_path)
    made.pairs_come(0, 20)
    return made


async def test_a_cancelled_run_ends_says_who_and_leaves_its_examples_waiting(world: World):
    runner = Endless()
    turn = asyncio.create_task(world.training(runner).turn())
    await runner.began.wait()
    await world.cancel("anna")
    await asyncio.wait_for(turn, 5)
    (finished,) = world.published(RunFinished)
    assert (finished.verdict, finished.reason) == ("cancelled", "cancelled by anna")
    assert world.published(CheckpointReady) == []
    assert world.waiting() == 20
    assert world.runs.unfinished() is None


async def test_cancelling_ends_the_process(world: World, monkeypatch: pytest.MonkeyPatch):
    child = scripted(monkeypatch, FOREVER)
    turn = asyncio.create_task(world.training(ChildRunner()).turn())

    async def works() -> bool:
        return child.running == 1

    await eventually(works)
    await world.cancel()
    await asyncio.wait_for(turn, 5)
    assert child.running == 0
    assert list((world.settings.data_dir / "runs").iterdir()) == []


async def test_a_cancelled_run_is_not_begun_again_before_something_changes(world: World):
    runner = Endless()
    world.settings = world.settings.model_copy(update={"trainer_cooldown_s": 0.0})
    training = world.training(runner)
    turn = asyncio.create_task(training.turn())
    await runner.began.wait()
    await world.cancel()
    await turn
    await training.turn()
    assert "nothing has changed" in training.planner.decision.reason
    world.pairs_come(20, 5)
    await world.training(PretendRunner(BETTER)).turn()
    assert world.verdicts() == ["cancelled", "accepted"]
    assert world.waiting() == 0


async def test_a_cancel_that_was_acknowledged_before_a_kill_still_cancels(
    world: World, engine: Engine
):
    class DiesOnceItWasAsked(SqlRunStore):
        def cancelled_by(self, run_id: str) -> str | None:
            asyncio.run(world.cancel("anna"))
            raise Killed

    with pytest.raises(Killed):
        await world.training(Endless(), runs=DiesOnceItWasAsked(engine, world.files)).turn()
    assert world.runs.unfinished() is not None
    await asyncio.wait_for(world.training(Endless()).turn(), 5)
    assert world.verdicts() == ["cancelled"]
    assert world.waiting() == 20


async def test_a_cancel_for_another_run_changes_nothing(world: World):
    class Named(PretendRunner):
        async def train(self, request: TrainRequest, on_progress: Any) -> TrainingResult:
            await world.cancel("anna", run_id="another")
            return await super().train(request, on_progress)

    await world.training(Named(BETTER)).turn()
    assert world.verdicts() == ["accepted"]


async def test_the_run_that_is_named_is_cancelled(world: World):
    class Named(PretendRunner):
        async def train(self, request: TrainRequest, on_progress: Any) -> TrainingResult:
            await world.cancel("anna", run_id=request.run_id)
            return await super().train(request, on_progress)

    await world.training(Named(BETTER)).turn()
    assert world.verdicts() == ["cancelled"]


async def test_a_cancel_without_an_open_run_changes_nothing(world: World):
    await world.cancel("anna")
    await world.training(PretendRunner(BETTER)).turn()
    assert world.verdicts() == ["accepted"]
    await world.cancel("anna")
    assert world.runs.verdicts() == {"accepted": 1}


async def test_a_cancel_that_comes_again_does_not_hit_the_next_run(world: World):
    """At least once: a redelivered command may meet a run that was planned after it."""
    asked = utc_now() - timedelta(seconds=1)

    class Late(PretendRunner):
        async def train(self, request: TrainRequest, on_progress: Any) -> TrainingResult:
            await world.cancel("anna", occurred_at=asked)
            return await super().train(request, on_progress)

    await world.training(Late(BETTER)).turn()
    assert world.verdicts() == ["accepted"]


async def test_a_cancel_while_the_verdict_is_reached_counts_and_leaves_no_model(world: World):
    class Slow(RunFiles):
        def store_manifest(self, *arguments: Any) -> Any:
            asyncio.run(world.cancel("anna"))
            return super().store_manifest(*arguments)

    slow = Slow(world.settings.data_dir / "runs", world.artifacts, PACKAGED)
    training = world.training(PretendRunner(BETTER), files=slow)
    await training.turn()
    assert world.verdicts() == ["cancelled"]
    assert world.published(CheckpointReady) == []
    assert world.waiting() == 20


async def test_a_run_that_takes_too_long_fails_and_its_process_is_gone(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    child = scripted(monkeypatch, FOREVER)
    world.settings = world.settings.model_copy(update={"trainer_time_limit_s": 1.0})
    await asyncio.wait_for(world.training(ChildRunner()).turn(), 5)
    (finished,) = world.published(RunFinished)
    assert (finished.verdict, finished.reason) == ("failed", "took longer than 1 s")
    assert len(child.requests) == 1
    assert child.running == 0
    assert world.waiting() == 20
    assert len(world.published(RunStarted)) == 1


async def test_what_the_work_came_to_comes_out():
    async def work() -> str:
        return "done"

    assert await abort_on_cancellation(work(), lambda: None, 10, 10) == "done"


async def test_what_the_work_raises_comes_out():
    async def work() -> None:
        raise TimeoutError("the disk did not answer")

    with pytest.raises(TimeoutError, match="the disk did not answer"):
        await abort_on_cancellation(work(), lambda: None, 10, 10)


async def test_a_limit_ends_the_work_before_it_is_told():
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(RunAborted, match=r"took longer than 0\.05 s"):
        await abort_on_cancellation(work(), lambda: None, 10, 0.05)
    assert ended.is_set()
