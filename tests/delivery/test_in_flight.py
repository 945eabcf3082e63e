"""An entry that a process handles is its own until that has ended, however slow the machine is."""

import asyncio
from collections.abc import Sequence

import pytest
from redis.asyncio import Redis

from ratchet.contract import (
    COMMANDS,
    Delivered,
    Event,
    Later,
    Outcome,
    State,
    TrainingRequested,
    derived_id,
    utc_now,
)
from ratchet.delivery import Claimer, Consumer, Publisher, RetryPolicy
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work

BACKOFF_S = 0.05


async def test_an_entry_in_flight_is_not_claimed_though_its_renewal_is_late(
    redis: Redis, valkey_url: str, monkeypatch: pytest.MonkeyPatch
):
    finish = asyncio.Event()
    overdue: list[bool] = []
    claim = Claimer.claim

    async def claim_and_note(claimer: Claimer) -> None:
        items = await redis.xpending_range(COMMANDS.key, "test", "-", "+", 1)
        await claim(claimer)
        overdue.extend(item["time_since_delivered"] > BACKOFF_S * 1000 for item in items)

    async def renew_too_late(_: Claimer) -> None:
        await finish.wait()

    async def handle(batch: Sequence[Delivered[Event]], state: State) -> list[Outcome]:
        await finish.wait()
        return [Later("the manifest cannot be read")]

    async def claimed_three_times() -> bool:
        return overdue.count(True) >= 3

    async def dead_letters() -> int:
        return int(await redis.xlen(COMMANDS.dead_key))

    monkeypatch.setattr(Claimer, "claim", claim_and_note)
    monkeypatch.setattr(Claimer, "renew", renew_too_late)
    event = TrainingRequested(event_id=derived_id("a"), occurred_at=utc_now(), requested_by="a")
    await Publisher(redis).publish([event])
    retry = RetryPolicy(max_attempts=1, base_s=BACKOFF_S)
    async with at_work(
        valkey_url, Consumer(COMMANDS, "test", {TrainingRequested: handle}, retry=retry)
    ):
        await eventually(claimed_three_times)
        finish.set()
        await eventually(dead_letters)
    assert await dead_letters() == 1
