"""The reward service as processes: restart, and two at once."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime

from redis.asyncio import Redis

from ratchet.contract import (
    EXAMPLES,
    EXPERIENCES,
    FEEDBACK,
    REWARDS,
    BuiltExample,
    Example,
    Experience,
    ExperienceRecorded,
    derived_id,
)
from ratchet.delivery import Publisher
from ratchet_testing.eventually import eventually
from ratchet_testing.simulated_facts import facts_of
from ratchet_testing.valkey import free_port
from reward.offline import replay
from reward.settings import RewardSettings
from simulator import simulate

DONE = (0, -signal.SIGTERM)
"""uvicorn raises the signal again after its shutdown."""


def experiences(questions: int) -> list[ExperienceRecorded]:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    rows = [Experience.model_validate(t.experience) for t in simulate(5, questions, 2, start=start)]
    return [
        ExperienceRecorded(
            event_id=derived_id(row.query_id), occurred_at=row.timestamp, experience=row
        )
        for row in rows
    ]


async def start(url: str, name: str = "1") -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "RATCHET_REDIS_URL": url,
        "RATCHET_PORT": str(free_port()),
        "RATCHET_CONSUMER_NAME": name,
        "RATCHET_REWARD_BATCH": "20",
        "RATCHET_RETRY_BASE_S": "1",
        "RATCHET_LOG_LEVEL": "error",
    }
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "reward", env=environment)


async def test_sigterm_finishes_the_current_batch_and_loses_nothing(redis: Redis, valkey_url: str):
    events = experiences(400)
    for at in range(0, len(events), 200):
        await Publisher(redis).publish(events[at : at + 200])
    process = await start(valkey_url)

    async def scored() -> int:
        """Experiences with a score: one whose successor comes later is scored again."""
        entries = await redis.xrange(REWARDS.key)
        events = [REWARDS.adapter.validate_json(fields[b"__data__"]) for _, fields in entries]
        return len({event.query_id for event in events})

    async def under_way() -> bool:
        return await redis.xlen(REWARDS.key) > 50

    await eventually(under_way, 60)
    process.send_signal(signal.SIGTERM)
    assert await process.wait() in DONE
    [group] = await redis.xinfo_groups(EXPERIENCES.key)
    acknowledged = group["entries-read"] - group["pending"]
    assert await scored() == acknowledged < len(events), "it was not stopped in the middle"

    process = await start(valkey_url)

    async def all_scored() -> bool:
        return await scored() == len(events)

    await eventually(all_scored, 60)
    process.send_signal(signal.SIGTERM)
    assert await process.wait() in DONE


async def test_two_services_make_the_same_rewards_and_examples_as_one(
    redis: Redis, valkey_url: str
):
    facts = facts_of(simulate(5, 150, 2, start=datetime(2026, 1, 5, tzinfo=UTC)))
    expected = await replay(facts, RewardSettings().reward_policy)
    for at in range(0, len(facts), 200):
        await Publisher(redis).publish(facts[at : at + 200])
    processes = [await start(valkey_url, name) for name in ("1", "2")]

    async def settled() -> bool:
        for stream in (EXPERIENCES, FEEDBACK):
            if not (groups := await redis.xinfo_groups(stream.key)):
                return False
            read_all = groups[0]["entries-read"] == await redis.xlen(stream.key)
            if not read_all or groups[0]["pending"]:
                return False
        return True

    await eventually(settled, 60)
    for process in processes:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() in DONE
    totals: dict[str, tuple[int, float]] = {}
    for _, fields in await redis.xrange(REWARDS.key):
        event = REWARDS.adapter.validate_json(fields[b"__data__"])
        totals[event.query_id] = max(
            totals.get(event.query_id, (0, 0.0)), (event.revision, event.total)
        )
    assert {query_id: total for query_id, (_, total) in totals.items()} == {
        query_id: score.total for query_id, score in expected.scores.items()
    }
    live: dict[str, Example] = {}
    for _, fields in await redis.xrange(EXAMPLES.key):
        example = EXAMPLES.adapter.validate_json(fields[b"__data__"])
        known = live.get(example.example_id)
        if known is None or example.revision > known.revision:
            live[example.example_id] = example
    built = {key for key, example in live.items() if isinstance(example, BuiltExample)}
    assert built == expected.live.keys()
