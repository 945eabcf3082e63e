"""A system that has run: facts are scored and in the ledger, half archived and trimmed."""

import asyncio
import json
import os
import shutil
import signal
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ingest.domain.pairs import Pair, pair_built
from ledger.app import create_app
from ledger.archive.archivist import Archivist
from ledger.archive.metrics import ArchiveMetrics
from ledger.archive.store import ArchiveStore
from ledger.domain.archive.retention import StreamRetention
from ledger.settings import LedgerSettings
from ratchet.contract import (
    CALLS,
    EXAMPLES,
    EXPERIENCES,
    FEEDBACK,
    REWARDS,
    STREAMS,
    CallServed,
    FeedbackReceived,
    derived_id,
)
from ratchet.delivery import Publisher, group_positions
from ratchet_testing.eventually import eventually
from ratchet_testing.running_service import started
from ratchet_testing.simulated_calls import calls_of
from ratchet_testing.simulated_facts import Fact, facts_of
from ratchet_testing.valkey import free_port
from simulator import simulate

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
    """A system by its Redis and its data directory."""

    redis: Redis
    url: str
    data_dir: Path

    @property
    def store(self) -> ArchiveStore:
        return ArchiveStore(str(self.data_dir / "archive"))

    @property
    def ledger(self) -> str:
        return f"sqlite:///{self.data_dir / 'ledger.db'}"


@dataclass
class RecordedSystem:
    """The recording of one system for all tests: every key of its Redis, and its directory."""

    data_dir: Path
    keys: dict[bytes, bytes] = field(default_factory=dict)

    async def take(self, redis: Redis) -> None:
        for key in await redis.keys():
            self.keys[key] = await redis.dump(key)

    async def give(self, redis: Redis, data_dir: Path) -> None:
        for key, value in self.keys.items():
            await redis.restore(key, 0, value)
        shutil.copytree(self.data_dir, data_dir, dirs_exist_ok=True)


def facts() -> list[Fact | CallServed]:
    """A simulated history with some calls, and one feedback after the window for corrections."""
    history = facts_of(simulate(7, 120, 2, start=START))
    first = next(fact for fact in history if isinstance(fact, FeedbackReceived))
    changes = {"event_id": derived_id("too late"), "occurred_at": START + timedelta(days=90)}
    together = sorted([*history, *calls_of(history, every=3)], key=lambda one: one.occurred_at)
    return [*together, first.model_copy(update=changes)]


async def score(redis: Redis, url: str) -> None:
    """Run the reward service until it has processed everything."""
    environment = {
        **os.environ,
        "RATCHET_REDIS_URL": url,
        "RATCHET_PORT": str(free_port()),
        "RATCHET_REWARD_BATCH": "37",
        "RATCHET_LOG_LEVEL": "critical",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "reward", env=environment)

    async def settled() -> bool:
        for stream in (EXPERIENCES, FEEDBACK, CALLS):
            [[last, _]] = await redis.xrevrange(stream.key, count=1)
            groups = await group_positions(redis, stream)
            if (
                not groups
                or groups[0].oldest_pending
                or str(groups[0].last_delivered) != last.decode()
            ):
                return False
        return True

    await eventually(settled, 60)
    process.send_signal(signal.SIGTERM)
    await process.wait()


async def write_ledger(redis: Redis, url: str, data_dir: Path) -> None:
    """Run the ledger until it has processed everything."""
    settings = LedgerSettings(redis_url=url, data_dir=data_dir, archive_period_s=3600)

    async def settled() -> bool:
        for stream in STREAMS:
            for group in await redis.xinfo_groups(stream.key):
                if group["name"] == b"ledger" and (group["lag"] or group["pending"]):
                    return False
        return True

    async with started(create_app(settings)):
        await eventually(settled, 60)


async def ratchet_replay(served: Served, *options: str, **environment: str) -> tuple[int, Any, str]:
    """The exit status, the JSON report (None without one), and stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from ratchet_cli.app import main; main()"),
        *("replay", "--data-dir", str(served.data_dir), "--json", *options),
        env={**os.environ, "RATCHET_REDIS_URL": served.url, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out) if out else None, errors.decode()


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RecordedSystem:
    return RecordedSystem(tmp_path_factory.mktemp("served"))


@pytest.fixture
async def served(redis: Redis, valkey_url: str, tmp_path: Path, recorded: RecordedSystem) -> Served:
    if not recorded.keys:
        await serve(Served(redis, valkey_url, recorded.data_dir))
        await recorded.take(redis)
        await redis.flushall()
    await recorded.give(redis, tmp_path)
    return Served(redis, valkey_url, tmp_path)


async def serve(system: Served) -> None:
    redis = system.redis
    publisher = Publisher(redis)
    everything = facts()
    await redis.xadd(EXPERIENCES.key, {"__data__": b"\xff no JSON"})
    await publisher.publish([pair_built(PAIR, derived_id("pair"), START)])
    for at in range(0, len(everything), 100):
        await publisher.publish(everything[at : at + 100])
    await score(redis, system.url)
    await write_ledger(redis, system.url, system.data_dir)
    for stream in (EXPERIENCES, FEEDBACK, CALLS, REWARDS, EXAMPLES):
        for group in set(stream.groups) - {"reward", "ledger"}:
            await redis.xgroup_create(stream.key, group, id="$")
    half = {s: await redis.xlen(s.key) // 2 for s in STREAMS}
    for stream in (EXPERIENCES, FEEDBACK, CALLS, REWARDS, EXAMPLES):
        retention = StreamRetention(max_entries=half[stream], file_rows=max(1, half[stream] // 3))
        await Archivist(
            redis,
            system.store,
            retention,
            ArchiveMetrics(CollectorRegistry()),
        ).archive(stream)
        assert half[stream] <= await redis.xlen(stream.key) < 2 * half[stream]
        assert system.store.files(stream.name)
