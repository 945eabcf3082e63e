"""The reward service keeps its state in Redis: an error there prints no operator's words."""

import json
import logging
from typing import Any

import pytest
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES, REWARDS
from ratchet.delivery import Publisher
from ratchet_testing.eventually import eventually
from ratchet_testing.running_service import started
from ratchet_testing.valkey import free_port
from reward.app import create_app
from reward.domain.state.state_keys import answer_key
from reward.settings import RewardSettings

WORDS = "Ann says that the pump is loud"


async def shown_until_a_problem(
    redis: Redis, url: str, fact: Any, caplog: pytest.LogCaptureFixture
) -> str:
    settings = RewardSettings(redis_url=url, port=free_port())  # type: ignore[arg-type]
    async with started(create_app(settings)):
        await Publisher(redis).publish([fact])

        async def troubled() -> bool:
            return any(record.levelno >= logging.WARNING for record in caplog.records)

        await eventually(troubled, 20)
    dead: Any = await redis.xrange(EXPERIENCES.dead_key)
    pending: Any = await redis.hgetall(f"ratchet:reasons:{EXPERIENCES.name}")
    return caplog.text + str(dead) + str(pending)


async def test_a_commit_that_redis_refuses_is_logged_without_the_answer(
    redis: Redis, valkey_url: str, facts: Any, caplog: pytest.LogCaptureFixture
):
    await redis.set(REWARDS.key, "no stream")
    shown = await shown_until_a_problem(
        redis, valkey_url, facts.experience(voice_response=WORDS), caplog
    )
    assert "WRONGTYPE" in shown
    assert "Ann says" not in shown


async def test_damaged_state_is_logged_without_what_it_holds(
    redis: Redis, valkey_url: str, facts: Any, caplog: pytest.LogCaptureFixture
):
    await redis.set(answer_key("q-1"), json.dumps({"revision": WORDS}))
    shown = await shown_until_a_problem(redis, valkey_url, facts.experience(), caplog)
    assert "the handler raised" in shown
    assert "Ann says" not in shown
