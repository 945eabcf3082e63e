"""What waits on the streams is seen by who reads all of them, whoever else is dead."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ledger.backlog.metrics import BacklogMetrics
from ledger.backlog.monitor import Backlog
from ratchet.contract import FEEDBACK
from ratchet_testing.eventually import eventually

REWARD = {"stream": "feedback", "group": "reward"}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


async def test_it_tells_what_is_unread_in_hand_and_dead(redis: Redis, registry: CollectorRegistry):
    seconds, _ = await redis.time()
    for number in range(5):
        await redis.xadd(FEEDBACK.key, {"__data__": "{}"}, id=f"{(seconds - 90) * 1000}-{number}")
    await redis.xadd(FEEDBACK.dead_key, {"payload": "{}"})
    for group in ("reward", "ledger", "somebody-else"):
        await redis.xgroup_create(FEEDBACK.key, group, "0")
    await redis.xreadgroup("reward", "1", {FEEDBACK.key: ">"}, count=2)

    await Backlog(redis, BacklogMetrics(registry)).look()

    told = registry.get_sample_value
    assert told("ratchet_stream_entries", {"stream": "feedback"}) == 5
    assert told("ratchet_dead_letters", {"stream": "feedback"}) == 1
    assert told("ratchet_dead_letters", {"stream": "runs"}) == 0
    assert told("ratchet_stream_lag_entries", REWARD) == 3
    assert told("ratchet_stream_pending_entries", REWARD) == 2
    age_s = told("ratchet_stream_oldest_pending_age_seconds", REWARD)
    assert age_s == pytest.approx(90, abs=5)
    ledger = {"stream": "feedback", "group": "ledger"}
    assert told("ratchet_stream_lag_entries", ledger) == 5
    assert told("ratchet_stream_oldest_pending_age_seconds", ledger) == 0
    others = {"stream": "feedback", "group": "somebody-else"}
    assert told("ratchet_stream_lag_entries", others) is None
    assert (told("ratchet_redis_memory_used_bytes") or 0) > 0


async def test_it_tells_nothing_while_redis_is_away(redis: Redis, registry: CollectorRegistry):
    metrics = BacklogMetrics(registry)
    await Backlog(redis, metrics).look()
    nowhere = Redis.from_url("redis://127.0.0.1:1/0")
    task = asyncio.create_task(Backlog(nowhere, metrics).run())

    async def nothing_is_told() -> bool:
        return registry.get_sample_value("ratchet_dead_letters", {"stream": "feedback"}) is None

    try:
        assert await eventually(nothing_is_told)
    finally:
        task.cancel()
        await nowhere.aclose()
