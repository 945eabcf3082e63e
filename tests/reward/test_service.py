"""The reward service as a process: SIGTERM lets it finish, and the next one goes on."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime

from redis.asyncio import Redis

from ratchet.events.base import derived_id
from ratchet.events.experience import Experience, ExperienceRecorded
from ratchet.publisher import Publisher
from ratchet.simulator import simulate
from ratchet.streams import EXPERIENCES, REWARDS
from ratchet.testing.eventually import eventually
from ratchet.testing.server import free_port

DONE = (0, -signal.SIGTERM)
"""uvicorn hands the signal on to itself when it has shut down."""


def experiences(questions: int) -> list[ExperienceRecorded]:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    rows = [Experience.model_validate(t.experience) for t in simulate(5, questions, 2, start=start)]
    return [
        ExperienceRecorded(
            event_id=derived_id(row.query_id), occurred_at=row.timestamp, experience=row
        )
        for row in rows
    ]


async def start(url: str) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "RATCHET_REDIS_URL": url,
        "RATCHET_PORT": str(free_port()),
        "RATCHET_REWARD_BATCH": "20",
        "RATCHET_RETRY_BASE_S": "1",
        "RATCHET_LOG_LEVEL": "error",
    }
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "reward", env=environment)


async def test_sigterm_finishes_what_is_in_hand_and_loses_nothing(redis: Redis, valkey_url: str):
    events = experiences(400)
    for at in range(0, len(events), 200):
        await Publisher(redis).publish(events[at : at + 200])
    process = await start(valkey_url)

    async def scored() -> int:
        """Experiences with a score: one whose successor comes later is scored again."""
        entries = await redis.xrange(REWARDS.key)
        found = [REWARDS.adapter.validate_json(fields[b"__data__"]) for _, fields in entries]
        return len({event.query_id for event in found})

    async def under_way() -> bool:
        return await redis.xlen(REWARDS.key) > 50

    await eventually(under_way, 20)
    process.send_signal(signal.SIGTERM)
    assert await process.wait() in DONE
    [group] = await redis.xinfo_groups(EXPERIENCES.key)
    acknowledged = group["entries-read"] - group["pending"]
    assert await scored() == acknowledged < len(events), "it was not stopped in the middle"

    process = await start(valkey_url)

    async def all_scored() -> bool:
        return await scored() == len(events)

    await eventually(all_scored, 20)
    process.send_signal(signal.SIGTERM)
    assert await process.wait() in DONE
