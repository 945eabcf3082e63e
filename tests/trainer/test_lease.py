"""One trainer at a time; a lost lease ends the work, a dead holder is forgotten."""

import asyncio

import pytest
from redis.asyncio import Redis

from trainer.backends.lease import RedisLease
from trainer.ports import LeaseLost, LeaseTaken


async def answer() -> str:
    return "done"


async def test_work_runs_under_the_lease_and_gives_it_back(redis: Redis):
    async def look() -> int:
        return int(await redis.exists("ratchet:trainer:lease"))

    lease = RedisLease(redis, 5)
    assert await lease.hold(look()) == 1
    assert await look() == 0
    assert await lease.hold(answer()) == "done"


async def test_a_second_trainer_is_turned_away(redis: Redis):
    began, release = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        await release.wait()

    first = asyncio.create_task(RedisLease(redis, 5).hold(work()))
    await began.wait()
    with pytest.raises(LeaseTaken):
        await RedisLease(redis, 5).hold(answer())
    release.set()
    await first


async def test_the_heartbeat_outlasts_the_time_limit(redis: Redis):
    async def work() -> str:
        await asyncio.sleep(1.6)
        return "done"

    assert await RedisLease(redis, 1).hold(work()) == "done"


async def test_a_lost_lease_cancels_the_work(redis: Redis):
    ended = asyncio.Event()

    async def work() -> None:
        await redis.set("ratchet:trainer:lease", "somebody else")
        try:
            await asyncio.sleep(30)
        finally:
            ended.set()

    with pytest.raises(LeaseLost):
        await RedisLease(redis, 1).hold(work())
    assert ended.is_set()
    assert await redis.get("ratchet:trainer:lease") == b"somebody else"


async def test_what_the_work_raises_comes_out(redis: Redis):
    async def work() -> None:
        raise LookupError("no pairs")

    with pytest.raises(LookupError, match="no pairs"):
        await RedisLease(redis, 5).hold(work())
    assert await RedisLease(redis, 5).hold(answer()) == "done"
