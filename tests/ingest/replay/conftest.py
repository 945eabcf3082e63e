"""A system that has served: its facts scored, half of everything archived and trimmed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ingest.archive.archivist import Archivist
from ingest.archive.metrics import ArchiveMetrics
from ingest.archive.settings import ArchiveSettings
from ingest.archive.store import ArchiveStore
from ingest.domain.pairs import Pair, built
from ingest.domain.retention import Retention
from ratchet.delivery.progress import progress
from ratchet.events.base import derived_id
from ratchet.events.experience import FeedbackReceived
from ratchet.publisher import Publisher
from ratchet.simulator import simulate
from ratchet.streams import EXAMPLES, EXPERIENCES, FEEDBACK, REWARDS, STREAMS
from ratchet.testing.eventually import eventually
from ratchet.testing.server import free_port
from ratchet.testing.simulated import Fact, facts_of

START = datetime(2026, 1, 5, tzinfo=UTC)
PAIR = Pair(
    prompt="User question: What is the power of pump 001?",
    chosen="Pump 001 draws 45 kilowatts.",
    rejected="I would rather not say.",
    chosen_reward=0.8,
    rejected_reward=-0.6,
)


@dataclass
class Served:
    """`data_dir` and `url` are all that `ratchet replay` is given."""

    redis: Redis
    url: str
    data_dir: Path

    @property
    def store(self) -> ArchiveStore:
        return ArchiveStore(str(self.data_dir / "archive"))


def facts() -> list[Fact]:
    """A simulated history, and a change of mind that comes long after its window."""
    found = facts_of(simulate(7, 120, 2, start=START))
    first = next(fact for fact in found if isinstance(fact, FeedbackReceived))
    told = {"event_id": derived_id("too late"), "occurred_at": START + timedelta(days=90)}
    return [*found, first.model_copy(update=told)]


async def score(redis: Redis, url: str) -> None:
    """Let the reward service take everything that is there."""
    environment = {
        **os.environ,
        "RATCHET_REDIS_URL": url,
        "RATCHET_PORT": str(free_port()),
        "RATCHET_REWARD_BATCH": "37",
        "RATCHET_LOG_LEVEL": "critical",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "reward", env=environment)

    async def settled() -> bool:
        for stream in (EXPERIENCES, FEEDBACK):
            [[last, _]] = await redis.xrevrange(stream.key, count=1)
            groups = await progress(redis, stream)
            if not groups or groups[0].oldest_pending or groups[0].last_delivered != last.decode():
                return False
        return True

    await eventually(settled, 60)
    process.send_signal(signal.SIGTERM)
    await process.wait()


@pytest.fixture
async def served(redis: Redis, valkey_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    publisher = Publisher(redis)
    everything = facts()
    await redis.xadd(EXPERIENCES.key, {"__data__": b"\xff no JSON"})
    await publisher.publish([built(PAIR, derived_id("pair"), START)])
    for at in range(0, len(everything), 100):
        await publisher.publish(everything[at : at + 100])
    await score(redis, valkey_url)
    for stream in (EXPERIENCES, FEEDBACK, REWARDS, EXAMPLES):
        for group in set(stream.groups) - {"reward"}:
            await redis.xgroup_create(stream.key, group, id="$")
    system = Served(redis, valkey_url, tmp_path)
    half = {s: await redis.xlen(s.key) // 2 for s in STREAMS}
    for stream in (EXPERIENCES, FEEDBACK, REWARDS, EXAMPLES):
        retention = Retention(max_entries=half[stream], file_rows=max(1, half[stream] // 3))
        await Archivist(
            redis,
            system.store,
            ArchiveSettings(retention=retention),
            ArchiveMetrics(CollectorRegistry()),
        ).look_after(stream)
        assert half[stream] <= await redis.xlen(stream.key) < 2 * half[stream]
        assert system.store.files(stream.name)
    yield system
