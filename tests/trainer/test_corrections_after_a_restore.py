"""What operators state after Redis went back in time counts for the trainer after a repair."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from ledger.app import create_app as create_ledger
from ledger.repair.streams import restore_streams
from ledger.settings import LedgerSettings
from ratchet.contract import (
    STREAMS,
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
    derived_id,
)
from ratchet.delivery import Publisher
from ratchet_testing.eventually import eventually
from ratchet_testing.running_service import started
from ratchet_testing.valkey import free_port
from reward.app import create_app as create_reward
from reward.offline import replay
from reward.settings import RewardSettings

from .reading_trainer import ReadingTrainer

Fact = ExperienceRecorded | FeedbackReceived
NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
ANSWERS = {
    "q-1": "Pump 001 is consuming 45 kilowatts, 5 kilowatts above its daily average of 40.",
    "q-2": "Well, let me think. **The pump** seems to be running, see https://plant.example/pump.",
}


def recorded(query_id: str) -> ExperienceRecorded:
    row = {
        "query_id": query_id,
        "timestamp": NOON,
        "user_id": f"operator of {query_id}",
        "transcript": "What is the power of pump 001?",
        "available_data_summary": {
            "readings": [{"equipment": "pump 001", "metric": "power", "value": 45, "unit": "kW"}]
        },
        "voice_response": ANSWERS[query_id],
    }
    return ExperienceRecorded(
        event_id=derived_id("recorded", query_id),
        occurred_at=NOON,
        experience=Experience.model_validate(row),
    )


def rated(query_id: str, rating: str, minute: int) -> FeedbackReceived:
    return FeedbackReceived(
        event_id=derived_id("rated", query_id, str(minute)),
        occurred_at=NOON + timedelta(minutes=minute),
        feedback=Feedback.model_validate({"query_id": query_id, "rating": rating}),
    )


class System:
    """Reward, ledger and a trainer at one Redis; `facts` are those that were published."""

    def __init__(self, redis: Redis, url: str, directory: Path) -> None:
        self.redis: Any = redis
        self.trainer = ReadingTrainer(directory / "trainer.db")
        self.facts: list[Fact] = []
        self._settings = {"redis_url": url, "data_dir": directory}
        self._kept: dict[bytes, bytes] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        port = free_port()
        reward = RewardSettings.model_validate({**self._settings, "port": port})
        async with started(create_reward(reward)), started(create_ledger(self.ledger_settings)):
            yield

    @property
    def ledger_settings(self) -> LedgerSettings:
        return LedgerSettings.model_validate({**self._settings, "archive_period_s": 3600})

    async def publish(self, *facts: Fact) -> None:
        """One at a time, each handled before the next: each is a revision of its own."""
        for fact in facts:
            self.facts.append(fact)
            await Publisher(self.redis).publish([fact])
            await self.settle()

    async def settle(self) -> None:
        async def handled() -> bool:
            groups = [
                group
                for stream in STREAMS
                for group in await self.redis.xinfo_groups(stream.key)
                if group["name"] in (b"reward", b"ledger")
            ]
            return not any(group["lag"] or group["pending"] for group in groups)

        await eventually(handled, 60)

    async def back_up(self) -> None:
        self._kept = {key: await self.redis.dump(key) for key in await self.redis.keys()}

    async def restore(self) -> None:
        await self.redis.flushall()
        for key, value in self._kept.items():
            await self.redis.restore(key, 0, value)

    async def examples_of_the_trainer(self) -> set[str]:
        await self.trainer.hear(self.redis)
        return set(self.trainer.live()[0])

    async def true_examples(self) -> set[str]:
        """Those that reward builds of the facts when nothing happens to Redis."""
        return set((await replay(self.facts, RewardSettings().reward_policy)).live)


@pytest.fixture
def system(redis: Redis, valkey_url: str, tmp_path: Path) -> System:
    return System(redis, valkey_url, tmp_path)


async def test_a_correction_between_the_restore_and_the_repair_counts_after_the_repair(
    system: System,
):
    async with system.running():
        await system.publish(recorded("q-1"), recorded("q-2"), rated("q-1", "up", 1))
        await system.back_up()
        await system.publish(
            *(rated("q-1", rating, 2 + n) for n, rating in enumerate(["down", "up"] * 3)),
            rated("q-2", "down", 9),
        )
        assert await system.examples_of_the_trainer() == await system.true_examples()

    await system.restore()
    async with system.running():
        await system.publish(rated("q-1", "down", 20), rated("q-2", "up", 21))
        assert await system.examples_of_the_trainer() != await system.true_examples()

        await restore_streams(system.ledger_settings, 60)
        await system.settle()
        assert await system.examples_of_the_trainer() == await system.true_examples()

        await system.publish(rated("q-1", "up", 30))
        assert await system.examples_of_the_trainer() == await system.true_examples()
        await system.publish(rated("q-2", "down", 31))
        assert await system.examples_of_the_trainer() == await system.true_examples()


async def test_what_redis_did_not_lose_is_not_stated_again(system: System):
    async with system.running():
        await system.publish(recorded("q-1"), recorded("q-2"), rated("q-1", "up", 1))
        before = await system.redis.xlen("ratchet:examples")
        assert await restore_streams(system.ledger_settings, 60) == {}
        assert await system.redis.xlen("ratchet:examples") == before
        await system.publish(rated("q-1", "down", 2))
        rows: Any = await system.redis.xrevrange("ratchet:examples", count=1)
        assert b'"revision":1000' not in rows[0][1][b"__data__"]
