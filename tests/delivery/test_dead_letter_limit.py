"""A release that rejects most messages stops before it moves the stream to the dead letters."""

from collections.abc import Sequence
from functools import partial

import httpx
from redis.asyncio import Redis

from ratchet.contract import (
    COMMANDS,
    Delivered,
    Invalid,
    Outcome,
    State,
    TrainingRequested,
    derived_id,
    utc_now,
)
from ratchet.delivery import Consumer, DeadLetterLimit, Publisher, RetryPolicy
from ratchet.delivery.dead_letter import DeadLetterBrake
from ratchet.service import Service, create_host
from ratchet_testing.counting import count_and_emit
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work

QUICK = RetryPolicy(max_attempts=3, base_s=0.1, cap_s=0.2)
LABELS = {"stream": "commands", "group": "test"}


def brake(consecutive: int = 3, share: float = 0.5, window: int = 10) -> DeadLetterBrake:
    return DeadLetterBrake(DeadLetterLimit(consecutive, share, window))


def test_the_limit_allows_that_many_in_a_row():
    fresh = brake()
    assert fresh.violation([True] * 3) is None
    assert fresh.violation([True] * 4) == "more than 3 consecutive messages"


def test_a_message_that_is_handled_ends_the_row():
    assert brake().violation([True, True, True, False, True, True, True]) is None


def test_a_row_continues_over_batches():
    counted = brake()
    counted.record([True, True])
    assert counted.violation([True]) is None
    assert counted.violation([True, True]) is not None


def test_the_share_counts_once_the_window_is_full():
    mostly_dead = [True, True, False]
    counted = brake(window=9)
    assert counted.violation(2 * mostly_dead) is None
    assert counted.violation(3 * mostly_dead) is None
    assert counted.violation([*3 * mostly_dead, True]) == "more than 50% of the last 9 messages"


def test_a_message_that_is_handled_never_stops_a_consumer():
    counted = brake(window=4)
    counted.record([True, True, True, False])
    assert counted.violation([False, False]) is None


def requests(count: int) -> list[TrainingRequested]:
    return [
        TrainingRequested(
            event_id=derived_id(str(number)), occurred_at=utc_now(), requested_by=str(number)
        )
        for number in range(count)
    ]


async def reject(batch: Sequence[Delivered[TrainingRequested]], state: State) -> list[Outcome]:
    return [Invalid("this release cannot read it") for _ in batch]


async def pending(redis: Redis) -> int:
    return int((await redis.xpending(COMMANDS.key, "test"))["pending"])


async def test_a_consumer_that_rejects_everything_stops_and_leaves_the_rest_pending(
    redis: Redis, valkey_url: str
):
    await Publisher(redis).publish(requests(150))
    rejecting = Consumer(COMMANDS, "test", {TrainingRequested: reject}, batch=30, retry=QUICK)
    async with at_work(valkey_url, rejecting) as service:
        value = partial(service.registry.get_sample_value, "ratchet_consumer_stopped", LABELS)
        assert value() == 0

        async def stopped() -> bool:
            return value() == 1

        await eventually(stopped)
        transport = httpx.ASGITransport(create_host(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
            live, status = await client.get("/livez"), await client.get("/status")
    assert live.status_code == 200
    assert "roll back or fix it, then restart" in live.json()["problem"]
    assert "more than 100 consecutive" in status.json()["stopped_consumers"]["commands"]
    assert await redis.xlen(COMMANDS.dead_key) == 90
    left = await redis.xlen(COMMANDS.key) - 90
    assert left == 60
    assert await pending(redis) >= 30

    repaired = Consumer(COMMANDS, "test", {TrainingRequested: count_and_emit}, retry=QUICK)
    async with at_work(valkey_url, repaired):

        async def the_rest_is_handled() -> bool:
            return len(await redis.keys("count:*")) == left

        await eventually(the_rest_is_handled, 20)
    assert await redis.xlen(COMMANDS.dead_key) == 90
    assert await pending(redis) == 0


async def test_a_stopped_consumer_uses_up_no_attempts(redis: Redis, valkey_url: str):
    await Publisher(redis).publish(requests(130))
    rejecting = Consumer(COMMANDS, "test", {TrainingRequested: reject}, batch=130, retry=QUICK)
    for _ in range(QUICK.max_attempts + 1):
        async with at_work(valkey_url, rejecting) as service:

            async def stopped(service: Service = service) -> bool:
                return service.workers[0].stopped is not None

            await eventually(stopped)
            before = service.claimers[0].last_loop

            async def claims_are_returned(
                service: Service = service, before: float = before
            ) -> bool:
                return service.claimers[0].last_loop > before

            await eventually(claims_are_returned)
    attempts = await redis.xpending_range(COMMANDS.key, "test", "-", "+", 200)
    assert {entry["times_delivered"] for entry in attempts} == {1}
    # The first entry of a batch is read before the others, so it may be claimed on its own.
    assert await redis.xlen(COMMANDS.dead_key) <= 1
