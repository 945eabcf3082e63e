"""The trainer, whose database does not go back, notices a Redis that went back in time."""

import time
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ratchet.contract import FEEDBACK, RESTORED_KEY, Feedback, FeedbackReceived, State, utc_now
from ratchet.delivery import Consumer, Publisher
from trainer.training.position_watch import PositionWatch

FACT = FeedbackReceived(
    event_id="rated-0001", occurred_at=utc_now(), feedback=Feedback(query_id="q-1", rating="up")
)


async def keep(_batch: object, _state: State) -> None: ...


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def watch(redis: Redis, tmp_path: Path, registry: CollectorRegistry) -> PositionWatch:
    consumers = [Consumer(FEEDBACK, "test", {FeedbackReceived: keep})]
    return PositionWatch(redis, tmp_path / "test.positions.json", consumers, registry)


async def read_one(redis: Redis) -> None:
    await Publisher(redis).publish([FACT])
    await redis.xreadgroup("test", "one", {FEEDBACK.key: ">"})


async def begin(redis: Redis) -> None:
    await redis.xgroup_create(FEEDBACK.key, "test", "0", mkstream=True)
    await read_one(redis)


async def test_a_redis_of_yesterday_is_reported_until_it_is_repaired(
    redis: Redis, watch: PositionWatch, registry: CollectorRegistry
):
    await begin(redis)
    yesterday = await redis.dump(FEEDBACK.key)
    await read_one(redis)
    await watch.look()
    assert watch.problem is None
    await redis.flushall()
    await redis.restore(FEEDBACK.key, 0, yesterday)
    await read_one(redis)
    for _ in range(2):
        await watch.look()
        assert "lacks entries of feedback" in str(watch.problem)
        assert "ratchet repair streams" in str(watch.problem)
    assert registry.get_sample_value("ratchet_trainer_streams_gone_back") == 1
    await redis.set(RESTORED_KEY, int(time.time() + 1) * 1000)
    await watch.look()
    assert watch.problem is None
    await read_one(redis)
    await watch.look()
    assert watch.problem is None


async def test_trimmed_streams_damaged_files_and_ids_ahead_of_the_clock_are_not_reported(
    redis: Redis, watch: PositionWatch, tmp_path: Path
):
    await begin(redis)
    await watch.look()
    await read_one(redis)
    await redis.xtrim(FEEDBACK.key, maxlen=0, approximate=False)
    await watch.look()
    assert watch.problem is None
    for content in ("", "[", "[]", '{"feedback": "no"}', '{"feedback": "9999999999999-0"}'):
        (tmp_path / "test.positions.json").write_text(content)
        await watch.look()
        assert watch.problem is None
