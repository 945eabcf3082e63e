"""kill -9 at any moment: every event has exactly one effect all the same."""

import asyncio
import json
import random
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from redis.asyncio import Redis

from ratchet.contract import CHECKPOINTS, COMMANDS, TrainingRequested, derived_id, utc_now
from ratchet.delivery import DATA_FIELD, Publisher
from ratchet_testing.eventually import eventually

pytestmark = pytest.mark.every_redis

CONSUMER = Path(__file__).with_name("counting_consumer.py")
EVENTS = 4000
KILLS = 8


async def start_consumer(url: str, name: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(CONSUMER), url, name, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    while await process.stdout.readline() != b"ready\n":
        assert process.returncode is None
    return process


async def test_consumers_that_are_killed_lose_nothing_and_repeat_nothing(
    redis: Redis, valkey_url: str
):
    rng = random.Random(20260205)
    events = [
        TrainingRequested(event_id=derived_id(str(n)), occurred_at=utc_now(), requested_by=str(n))
        for n in range(EVENTS)
    ]

    consumers = [await start_consumer(valkey_url, name) for name in ("a", "b")]
    for kill in range(KILLS):
        before = kill * EVENTS // KILLS
        await Publisher(redis).publish(events[before : before + EVENTS // KILLS])
        enough = before + rng.randint(1, EVENTS // KILLS - 1)

        async def somewhere_in_the_middle(enough: int = enough) -> bool:
            return await redis.xlen(CHECKPOINTS.key) >= enough

        await eventually(somewhere_in_the_middle)
        victim = consumers[kill % 2]
        victim.send_signal(signal.SIGKILL)
        await victim.wait()
        consumers[kill % 2] = await start_consumer(valkey_url, f"{kill}")

    async def all_settled() -> bool:
        group = (await redis.xinfo_groups(COMMANDS.key))[0]
        return group["entries-read"] >= EVENTS and group["pending"] == 0

    await eventually(all_settled, 30)
    for consumer in consumers:
        consumer.send_signal(signal.SIGKILL)
        await consumer.wait()

    emitted = Counter(
        json.loads(fields[DATA_FIELD.encode()])["run_id"]
        for _, fields in await redis.xrange(CHECKPOINTS.key)
    )
    assert emitted == Counter(str(n) for n in range(EVENTS))
    counts = await redis.mget([f"count:{n}" for n in range(EVENTS)])
    assert counts == [b"1"] * EVENTS
    assert await redis.xlen(COMMANDS.dead_key) == 0
