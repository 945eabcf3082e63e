"""A run that a user cancels, or that takes too long, ends without a judgement."""

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

from .conftest import FakeRunner, judged
from .harness import Killed, TrainerHarness
from .scripted_child import FOREVER, scripted

BETTER = judged(0.9, 0.6)


class Endless(FakeRunner):
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
def harness(engine: Engine, tmp_path: Path) -> TrainerHarness:
    made = TrainerHarness(engine, tmp_path)
    made.pairs_come(0, 20)
    return made


async def test_a_cancelled_run_names_the_user_and_leaves_its_examples_waiting(
    harness: TrainerHarness,
):
    runner = Endless()
    turn = asyncio.create_task(harness.training(runner).turn())
    await runner.began.wait()
    await harness.cancel("anna")
    await asyncio.wait_for(turn, 5)
    (finished,) = harness.published(RunFinished)
    assert (finished.verdict, finished.reason) == ("cancelled", "cancelled by anna")
    assert harness.published(CheckpointReady) == []
    assert harness.waiting() == 20
    assert harness.runs.unfinished() is None


async def test_cancelling_ends_the_process(
    harness: TrainerHarness, monkeypatch: pytest.MonkeyPatch
):
    child = scripted(monkeypatch, FOREVER)
    turn = asyncio.create_task(harness.training(ChildRunner()).turn())

    async def works() -> bool:
        return child.running == 1

    await eventually(works)
    await harness.cancel()
    await asyncio.wait_for(turn, 5)
    assert child.running == 0
    assert list((harness.settings.data_dir / "runs").iterdir()) == []


async def test_a_cancelled_run_is_not_repeated_until_something_changes(harness: TrainerHarness):
    runner = Endless()
    harness.settings = harness.settings.model_copy(update={"trainer_cooldown_s": 0.0})
    training = harness.training(runner)
    turn = asyncio.create_task(training.turn())
    await runner.began.wait()
    await harness.cancel()
    await turn
    await training.turn()
    assert "nothing has changed" in training.planner.decision.reason
    harness.pairs_come(20, 5)
    await harness.training(FakeRunner(BETTER)).turn()
    assert harness.verdicts() == ["cancelled", "accepted"]
    assert harness.waiting() == 0


async def test_a_cancellation_acknowledged_before_a_kill_still_cancels(
    harness: TrainerHarness, engine: Engine
):
    class DiesAfterTheCancellation(SqlRunStore):
        def cancelled_by(self, run_id: str) -> str | None:
            asyncio.run(harness.cancel("anna"))
            raise Killed

    with pytest.raises(Killed):
        await harness.training(
            Endless(), runs=DiesAfterTheCancellation(engine, harness.files)
        ).turn()
    assert harness.runs.unfinished() is not None
    await asyncio.wait_for(harness.training(Endless()).turn(), 5)
    assert harness.verdicts() == ["cancelled"]
    assert harness.waiting() == 20


async def test_a_cancellation_of_another_run_changes_nothing(harness: TrainerHarness):
    class Named(FakeRunner):
        async def train(self, request: TrainRequest, on_progress: Any) -> TrainingResult:
            await harness.cancel("anna", run_id="another")
            return await super().train(request, on_progress)

    await harness.training(Named(BETTER)).turn()
    assert harness.verdicts() == ["accepted"]


async def test_the_named_run_is_cancelled(harness: TrainerHarness):
    class Named(FakeRunner):
        async def train(self, request: TrainRequest, on_progress: Any) -> TrainingResult:
            await harness.cancel("anna", run_id=request.run_id)
            return await super().train(request, on_progress)

    await harness.training(Named(BETTER)).turn()
    assert harness.verdicts() == ["cancelled"]


async def test_a_cancellation_without_an_open_run_changes_nothing(harness: TrainerHarness):
    await harness.cancel("anna")
    await harness.training(FakeRunner(BETTER)).turn()
    assert harness.verdicts() == ["accepted"]
    await harness.cancel("anna")
    assert harness.runs.verdicts() == {"accepted": 1}


async def test_a_redelivered_cancellation_does_not_cancel_the_next_run(harness: TrainerHarness):
    """At least once: a redelivered command may meet a run that was planned after it."""
    requested_at = utc_now() - timedelta(seconds=1)

    class Late(FakeRunner):
        async def train(self, request: TrainRequest, on_progress: Any) -> TrainingResult:
            await harness.cancel("anna", occurred_at=requested_at)
            return await super().train(request, on_progress)

    await harness.training(Late(BETTER)).turn()
    assert harness.verdicts() == ["accepted"]


async def test_a_cancellation_during_judging_counts_and_leaves_no_model(harness: TrainerHarness):
    class Slow(RunFiles):
        def store_adapter(self, *arguments: Any) -> Any:
            asyncio.run(harness.cancel("anna"))
            return super().store_adapter(*arguments)

    slow = Slow(harness.settings.data_dir / "runs", harness.artifacts, PACKAGED)
    training = harness.training(FakeRunner(BETTER), files=slow)
    await training.turn()
    assert harness.verdicts() == ["cancelled"]
    assert harness.published(CheckpointReady) == []
    assert harness.waiting() == 20


async def test_a_run_over_the_time_limit_fails_and_its_process_ends(
    harness: TrainerHarness, monkeypatch: pytest.MonkeyPatch
):
    child = scripted(monkeypatch, FOREVER)
    harness.settings = harness.settings.model_copy(update={"trainer_time_limit_s": 1.0})
    await asyncio.wait_for(harness.training(ChildRunner()).turn(), 5)
    (finished,) = harness.published(RunFinished)
    assert (finished.verdict, finished.reason) == ("failed", "took longer than 1 s")
    assert len(child.requests) == 1
    assert child.running == 0
    assert harness.waiting() == 20
    assert len(harness.published(RunStarted)) == 1


async def test_the_result_of_the_work_is_returned():
    async def work() -> str:
        return "done"

    assert await abort_on_cancellation(work(), lambda: None, 10, 10) == "done"


async def test_an_error_of_the_work_is_raised():
    async def work() -> None:
        raise TimeoutError("the disk did not answer")

    with pytest.raises(TimeoutError, match="the disk did not answer"):
        await abort_on_cancellation(work(), lambda: None, 10, 10)


async def test_the_work_has_ended_when_the_time_limit_is_reported():
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(RunAborted, match=r"took longer than 0\.05 s"):
        await abort_on_cancellation(work(), lambda: None, 10, 0.05)
    assert ended.is_set()
