"""What Redis stored while its clock was ahead holds nothing up once the clock is right again."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from ratchet.contract import FEEDBACK, Delivered, Event, FeedbackReceived, State
from ratchet.delivery import Consumer, RetryPolicy
from ratchet.storage import LeaseTaken, hold_lease
from ratchet_edge.rate_limit import RateLimit
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work

DELIVERED_IN_2100 = bytes.fromhex(
    "1501100000019b8b7418000000000000000000c340a340b307b30000000a00010120020d01885f5f646174615f5f"
    "0900010220111f0001e08e7b2274797065223a2022466565646261636b5265636569766564222c0920226576656e"
    "745f6964401f0972617465642d3030303140190a6f636375727265645f6174401c0d323032362d30312d30355430"
    "303a6002005a40260066a0542023067b227175657279a04d01712d6046205402696e67201d0a227570227d7d0190"
    "0401ff01810000019b8b74180000810000019b8b74180000000001010474657374810000019b8b74180000010100"
    "00019b8b74180000000000000000007ee9c32cbb030000010104676f6e657ee9c32cbb0300007ee9c32cbb030000"
    "010000019b8b74180000000000000000005000a534c43c184eaa95"
)
"""The stream of feedback with one entry that the group `test` delivered to `gone` in 2100.

Dumped by Valkey 7.2 under such a clock.
"""
YEAR = timedelta(days=365)


async def test_an_entry_that_was_delivered_in_the_future_is_claimed(redis: Redis, valkey_url: str):
    handled: list[Delivered[Event]] = []

    async def note(batch: list[Delivered[Event]], state: State) -> None:
        handled.extend(batch)

    await redis.restore(FEEDBACK.key, 0, DELIVERED_IN_2100)
    retry = RetryPolicy(5, 0.05)

    async def done() -> bool:
        return len(handled) == 1

    async with at_work(
        valkey_url, Consumer(FEEDBACK, "test", {FeedbackReceived: note}, retry=retry)
    ):
        await eventually(done)


async def test_the_lease_of_a_dead_holder_does_not_last_for_a_year(redis: Redis):
    await redis.set("lease", "dead", px=YEAR)
    with pytest.raises(LeaseTaken):
        async with hold_lease(redis, "lease", 0.2):
            pass

    async def expires() -> bool:
        return not await redis.exists("lease")

    await eventually(expires)


async def test_a_long_lease_of_another_setting_is_left_alone(redis: Redis):
    await redis.set("lease", "other", px=timedelta(minutes=50))
    with pytest.raises(LeaseTaken):
        async with hold_lease(redis, "lease", 0.2):
            pass
    assert await redis.ttl("lease") > 2900


async def test_calls_of_the_future_do_not_limit_those_of_today(redis: Redis):
    seconds, _ = await redis.time()
    later = int((seconds + YEAR.total_seconds()) * 1000)
    await redis.rpush("ratchet:calls:feedback:anna", later, later)
    limit = RateLimit(redis, "feedback")
    assert [await limit.wait_s("anna", 2) for _ in range(2)] == [0, 0]
    assert 50 < await limit.wait_s("anna", 2) <= 60
