"""The trainer's database and Redis, restored from backups of different times."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis.asyncio import Redis

from ratchet.contract import EXAMPLES, EXPERIENCES, FEEDBACK, REWARDS
from ratchet.delivery import Publisher
from ratchet_testing.eventually import eventually
from ratchet_testing.running_service import started
from ratchet_testing.simulated_facts import facts_of
from ratchet_testing.valkey import free_port, valkey_server
from reward.app import create_app
from reward.settings import RewardSettings
from simulator import simulate

from .reading_trainer import ReadingTrainer

START = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
async def scored_system(redis: Redis, valkey_url: str) -> Redis:
    """A server on which the reward service has scored a plant's day."""
    facts = facts_of(simulate(7, 60, 2, start=START))
    await Publisher(redis).publish(facts)
    settings = RewardSettings(redis_url=valkey_url, port=free_port(), log_level="critical")

    async def done() -> bool:
        groups = [await redis.xinfo_groups(stream.key) for stream in (EXPERIENCES, FEEDBACK)]
        return all(not group["lag"] and not group["pending"] for [group] in groups)

    async with started(create_app(settings)):
        await eventually(done)
    return redis


async def forget_what_was_delivered(redis: Redis) -> None:
    """Put the server into its state before the trainer read anything."""
    for stream in (EXAMPLES, REWARDS):
        await redis.xgroup_destroy(stream.key, "trainer")
    seen = [key async for key in redis.scan_iter("ratchet:seen:trainer:*")]
    await redis.delete(*seen)


async def test_events_that_an_older_server_redelivers_count_once(
    scored_system: Redis, tmp_path: Path
):
    ahead = ReadingTrainer(tmp_path / "trainer.db")
    await ahead.hear(scored_system)
    before = ahead.kept()
    assert all(len(rows) > 40 for rows in before)
    await forget_what_was_delivered(scored_system)
    await ahead.hear(scored_system)
    assert ahead.kept() == before


async def test_a_replay_into_an_empty_server_completes_an_older_database(
    scored_system: Redis, valkey_url: str, tmp_path: Path
):
    whole, behind = ReadingTrainer(tmp_path / "whole.db"), ReadingTrainer(tmp_path / "behind.db")
    await behind.hear(scored_system, share=0.5)
    await forget_what_was_delivered(scored_system)
    await whole.hear(scored_system)
    await behind.hear(scored_system)
    assert behind.live() != whole.live(), "the server calls it delivered"
    with valkey_server(tmp_path / "valkey", free_port()) as url:
        replaying = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from ratchet_cli.app import main; main()"),
            *("replay", "--restore-ledger", "--into", url),
            env={
                **os.environ,
                "RATCHET_REDIS_URL": valkey_url,
                "RATCHET_DATA_DIR": str(tmp_path),
            },
        )
        assert await replaying.wait() == 0
        async with Redis.from_url(url) as rebuilt:
            await behind.hear(rebuilt)
            await whole.hear(rebuilt)
    assert behind.live() == whole.live()
