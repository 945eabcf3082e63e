"""One trainer at a time: a lost lease ends the work, and the lease of a killed holder expires."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import Engine

from ratchet.processes import end_all
from ratchet.storage import LeaseLost, LeaseTaken, hold_lease
from ratchet_testing.eventually import eventually
from trainer.domain.runs.child_messages import TrainingResult, TrainRequest
from trainer.training.loop import LEASE_KEY

from .conftest import FakeRunner, judged
from .harness import TrainerHarness

T = TypeVar("T")
BETTER = judged(0.9, 0.6)


def trainer_lease(redis: Redis, seconds: float = 5) -> AbstractAsyncContextManager[None]:
    return hold_lease(redis, LEASE_KEY, seconds)


async def under_lease(redis: Redis, work: Callable[[], Awaitable[T]], seconds: float = 5) -> T:
    async with trainer_lease(redis, seconds):
        return await work()


async def answer() -> str:
    return "done"


async def test_the_lease_is_released_after_the_work(redis: Redis):
    async def look() -> int:
        return int(await redis.exists("ratchet:trainer:lease"))

    assert await under_lease(redis, look) == 1
    assert await look() == 0
    assert await under_lease(redis, answer) == "done"


async def test_a_second_trainer_gets_no_lease(redis: Redis):
    began, release = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        await release.wait()

    first = asyncio.create_task(under_lease(redis, work))
    await began.wait()
    with pytest.raises(LeaseTaken):
        await under_lease(redis, answer)
    release.set()
    await first


async def test_the_heartbeat_outlasts_the_time_limit(redis: Redis):
    async def work() -> str:
        await asyncio.sleep(1.6)
        return "done"

    assert await under_lease(redis, work, 1) == "done"


async def test_a_lost_lease_cancels_the_work(redis: Redis):
    ended = asyncio.Event()

    async def work() -> None:
        await redis.set("ratchet:trainer:lease", "somebody else")
        try:
            await asyncio.sleep(30)
        finally:
            ended.set()

    with pytest.raises(LeaseLost):
        await under_lease(redis, work, 1)
    assert ended.is_set()
    assert await redis.get("ratchet:trainer:lease") == b"somebody else"


async def test_an_error_of_the_work_is_raised(redis: Redis):
    async def work() -> None:
        raise LookupError("no pairs")

    with pytest.raises(LookupError, match="no pairs"):
        await under_lease(redis, work)
    assert await under_lease(redis, answer) == "done"


async def test_a_lease_that_cannot_be_renewed_in_time_is_lost(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
):
    """Its holder must have stopped before another trainer may start."""

    async def away(*_: Any) -> None:
        raise RedisAway("no route to host")

    async def work() -> None:
        monkeypatch.setattr("redis.asyncio.lock.Lock.do_reacquire", away)
        await asyncio.Event().wait()

    with pytest.raises(LeaseLost):
        await under_lease(redis, work, 1)


class Gated(FakeRunner):
    """Trains once it may; `at_work` counts those that train at the same time."""

    at_work = 0

    def __init__(self) -> None:
        super().__init__(BETTER)
        self.may_end = asyncio.Event()

    async def train(self, request: TrainRequest, on_progress: Any) -> TrainingResult:
        type(self).at_work += 1
        try:
            await self.may_end.wait()
            return await super().train(request, on_progress)
        finally:
            type(self).at_work -= 1


@pytest.fixture
def harness(engine: Engine, tmp_path: Path) -> TrainerHarness:
    made = TrainerHarness(engine, tmp_path)
    made.pairs_come(0, 20)
    return made


async def test_of_two_trainers_exactly_one_trains(harness: TrainerHarness, redis: Redis):
    runners = [Gated(), Gated()]
    trainings = [
        harness.training(runner, lease=partial(trainer_lease, redis)) for runner in runners
    ]
    loops = [asyncio.create_task(training.run()) for training in trainings]

    async def one_works_and_one_is_turned_away() -> bool:
        return any(training.problem for training in trainings) and Gated.at_work > 0

    await eventually(one_works_and_one_is_turned_away)
    assert Gated.at_work == 1
    idle, busy = sorted(trainings, key=lambda training: training.running is not None)
    assert "another process holds the lease" in str(idle.problem)
    assert busy.problem is None
    for runner in runners:
        runner.may_end.set()

    async def both_are_content() -> bool:
        return harness.verdicts() == ["accepted"] and idle.problem is None

    await eventually(both_are_content)
    assert sum(len(runner.requests) for runner in runners) == 1
    await end_all(*loops)


async def test_another_trainer_finishes_the_run_of_a_killed_one(
    harness: TrainerHarness, redis: Redis
):
    """A killed holder releases no lease: it expires."""
    run = harness.training(FakeRunner(BETTER)).planner.open_run()
    assert run is not None
    await redis.set("ratchet:trainer:lease", "a dead process", ex=60)
    other = FakeRunner(BETTER)
    training = harness.training(other, lease=partial(trainer_lease, redis))
    with pytest.raises(LeaseTaken):
        await training.turn()
    assert other.requests == []
    await redis.pexpire("ratchet:trainer:lease", 0)
    await training.turn()
    assert [request.run_id for request in other.requests] == [run.run_id]
    assert harness.verdicts() == ["accepted"]


async def test_two_that_plan_at_once_plan_one_run(harness: TrainerHarness):
    planners = [harness.training(FakeRunner(BETTER)).planner for _ in range(8)]
    runs = await asyncio.gather(*(asyncio.to_thread(p.open_run) for p in planners))
    assert len({run.run_id for run in runs if run is not None}) == 1
    assert len(harness.outbox.unpublished()) == 1


async def test_a_run_that_another_trainer_has_ended_is_not_trained_again(
    harness: TrainerHarness, redis: Redis
):
    """The run was read as open, and the lease became free because it had ended."""

    @asynccontextmanager
    async def after_another_trainer() -> AsyncIterator[None]:
        await harness.training(FakeRunner(BETTER)).turn()
        async with trainer_lease(redis):
            yield

    late = FakeRunner(BETTER)
    await harness.training(late, lease=after_another_trainer).turn()
    assert late.requests == []
    assert harness.verdicts() == ["accepted"]
