"""Repeated kills (-9) of the trainer lead to the same bits."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from ratchet.contract import REWARDS, SCORERS, ScorerPublished
from ratchet.delivery import DATA_FIELD, Publisher
from ratchet.storage import ArtifactStore
from ratchet_ranking import HashingEmbedding, read_scorer
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.database import open_database
from trainer.backends.sql.outbox import SqlOutbox
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.backends.sql.scorer_register import SqlScorerRegister
from trainer.domain.scorer.rules import LearningRules, PublishingRules

from .judged_plans import answers

pytestmark = pytest.mark.heavy

EVENTS, AT_FIRST = 300, 200
RULES = LearningRules(steps=8)
PUBLISHING = PublishingRules(every_s=0, kept_back_every_s=0, keep=1_000)
Probe = Callable[[], Awaitable[bool]]


@asynccontextmanager
async def running_trainer(environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trainer", env={**os.environ, **environment}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def cursor_of(store: SqlRankingStore) -> int:
    state = store.learned_state()
    return state.progress.cursor if state else 0


def kept_something(store: SqlRankingStore) -> Probe:
    async def probe() -> bool:
        return bool(store.unlearned(0, 1))

    return probe


def learnt_up_to(store: SqlRankingStore, cursor: int) -> Probe:
    async def probe() -> bool:
        return cursor_of(store) >= cursor

    return probe


def put_in_service(register: SqlScorerRegister) -> Probe:
    async def probe() -> bool:
        return register.in_service() is not None

    return probe


def all_told(store: SqlRankingStore, outbox: SqlOutbox, redis: Redis) -> Probe:
    """Whether the final scorer was judged and the outbox is empty."""

    async def probe() -> bool:
        told = await events_of(redis)
        judged = any(event.trained_on == EVENTS for event in told)
        group = (await redis.xinfo_groups(REWARDS.key))[0]
        return judged and not outbox.unpublished() and group["pending"] == 0

    return probe


async def events_of(redis: Redis) -> list[Any]:
    entries: Any = await redis.xrange(SCORERS.key)
    return [SCORERS.adapter.validate_json(fields[DATA_FIELD.encode()]) for _, fields in entries]


async def test_repeated_kills_lose_and_repeat_nothing(
    valkey_url: str, redis: Redis, tmp_path: Path
) -> None:
    engine = open_database(tmp_path / "trainer.db")
    store, register = SqlRankingStore(engine, RULES), SqlScorerRegister(engine)
    environment = {
        "RATCHET_REDIS_URL": valkey_url,
        "RATCHET_DATA_DIR": str(tmp_path),
        "RATCHET_CACHE_DIR": str(tmp_path / "cache"),
        "RATCHET_PORT": str(free_port()),
        "RATCHET_TRAINER_LEARNING": RULES.model_dump_json(),
        "RATCHET_TRAINER_PUBLISHING": PUBLISHING.model_dump_json(),
    }
    parts = {
        kept_something(store): answers(AT_FIRST),
        learnt_up_to(store, 65): [],
        put_in_service(register): [],
        learnt_up_to(store, AT_FIRST + 1): answers(EVENTS - AT_FIRST, first=AT_FIRST),
    }
    killed_at = []
    for moment, news in parts.items():
        await Publisher(redis).publish(news)
        async with running_trainer(environment) as trainer:
            await eventually(moment, 90)
            trainer.kill()
        killed_at.append(cursor_of(store))
    async with running_trainer(environment):
        await eventually(all_told(store, SqlOutbox(engine), redis), 120)

    assert len(set(killed_at)) >= 3, killed_at
    numbered = store.unlearned(0, 1_000)
    assert [one.sequence for one in numbered] == list(range(1, EVENTS + 1))
    assert {one.event.event_id for one in numbered} == {one.event_id for one in answers(EVENTS)}
    uninterrupted = ScorerLearner(RULES, HashingEmbedding())
    uninterrupted.learn(numbered)
    learned = store.learned_state()
    assert learned is not None
    assert learned.progress.heard_of == EVENTS
    assert learned.tensors == uninterrupted.save().tensors

    published = [e for e in await events_of(redis) if isinstance(e, ScorerPublished)]
    assert len(published) > 1
    assert set(Counter(event.version for event in published).values()) == {1}
    serving = register.in_service()
    assert published[-1] == serving
    artifacts = ArtifactStore(tmp_path / "artifacts")
    for event in published:
        assert read_scorer(artifacts.verified(event.artifact))[1].trained_on == event.trained_on
