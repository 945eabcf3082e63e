"""The ledger measures the backlog of every stream, whether or not other services run."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ledger.backlog import BacklogMetrics, BacklogMonitor
from ratchet.contract import FEEDBACK
from ratchet.processes import end_all
from ratchet_testing.eventually import eventually

REWARD = {"stream": "feedback", "group": "reward"}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


async def test_unread_pending_and_dead_entries_are_measured(
    redis: Redis, registry: CollectorRegistry
):
    seconds, _ = await redis.time()
    for number in range(5):
        await redis.xadd(FEEDBACK.key, {"__data__": "{}"}, id=f"{(seconds - 90) * 1000}-{number}")
    await redis.xadd(FEEDBACK.dead_key, {"payload": "{}"})
    for group in ("reward", "ledger", "somebody-else"):
        await redis.xgroup_create(FEEDBACK.key, group, "0")
    await redis.xreadgroup("reward", "1", {FEEDBACK.key: ">"}, count=2)

    await BacklogMonitor(redis, BacklogMetrics(registry)).measure()

    gauge = registry.get_sample_value
    assert gauge("ratchet_stream_entries", {"stream": "feedback"}) == 5
    assert gauge("ratchet_dead_letters", {"stream": "feedback"}) == 1
    assert gauge("ratchet_dead_letters", {"stream": "runs"}) == 0
    assert gauge("ratchet_stream_lag_entries", REWARD) == 3
    assert gauge("ratchet_stream_pending_entries", REWARD) == 2
    age_s = gauge("ratchet_stream_oldest_pending_age_seconds", REWARD)
    assert age_s == pytest.approx(90, abs=5)
    ledger = {"stream": "feedback", "group": "ledger"}
    assert gauge("ratchet_stream_lag_entries", ledger) == 5
    assert gauge("ratchet_stream_oldest_pending_age_seconds", ledger) == 0
    others = {"stream": "feedback", "group": "somebody-else"}
    assert gauge("ratchet_stream_lag_entries", others) is None
    assert (gauge("ratchet_redis_memory_used_bytes") or 0) > 0


async def test_gauges_have_no_value_while_redis_is_unavailable(
    redis: Redis, registry: CollectorRegistry
):
    metrics = BacklogMetrics(registry)
    await BacklogMonitor(redis, metrics).measure()
    nowhere = Redis.from_url("redis://127.0.0.1:1/0")
    task = asyncio.create_task(BacklogMonitor(nowhere, metrics).run())

    async def no_value() -> bool:
        return registry.get_sample_value("ratchet_dead_letters", {"stream": "feedback"}) is None

    try:
        assert await eventually(no_value)
    finally:
        await end_all(task)
        await nowhere.aclose()
