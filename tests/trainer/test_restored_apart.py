"""The trainer's database and Redis, restored from backups of different times."""

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.trace import NoOpTracer
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from sqlalchemy import Engine, select

from ratchet.contract import EXAMPLES, EXPERIENCES, FEEDBACK, REWARDS, ExperienceScored
from ratchet.delivery import Consumer, DeliveryMetrics, Entry, Publisher, Worker, create_groups
from ratchet_testing.eventually import eventually
from ratchet_testing.running_service import started
from ratchet_testing.simulated_facts import facts_of
from ratchet_testing.valkey import free_port, valkey_server
from reward.app import create_app
from reward.settings import RewardSettings
from simulator import simulate
from trainer.backends.sql.database import open_database
from trainer.backends.sql.example_store import SqlExampleStore
from trainer.backends.sql.model_store import SqlModelStore
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.backends.sql.tables import examples, scored
from trainer.domain.scorer.rules import LearningRules
from trainer.handlers import RankingHandlers, TrainerHandlers

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


class Trainer:
    """A trainer's stores with the consumers of its service."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        store = SqlExampleStore(engine)
        kept = TrainerHandlers(store, SqlModelStore(engine))
        ranked = RankingHandlers(SqlRankingStore(engine, LearningRules()))
        self.consumers = [
            Consumer(EXAMPLES, "trainer", dict.fromkeys(EXAMPLES.events, kept.handle_examples)),
            Consumer(REWARDS, "trainer", {ExperienceScored: ranked.handle_rewards}),
        ]

    async def hear(self, redis: Any, share: float = 1.0) -> None:
        """Handle the undelivered entries of its groups, or the first `share` of them."""
        await create_groups(redis, self.consumers)
        for consumer in self.consumers:
            stream = consumer.stream.key
            count = max(1, round(share * await redis.xlen(stream)))
            result = await redis.xreadgroup("trainer", "1", {stream: ">"}, count=count)
            entries = (
                [Entry(id_.decode(), fields, 1) for id_, fields in result[0][1]] if result else []
            )
            worker = Worker(
                consumer, redis, DeliveryMetrics(CollectorRegistry()), asyncio.Lock(), NoOpTracer()
            )
            await worker.process_batch(entries)

    def kept(self) -> Sequence[Any]:
        with self.engine.connect() as connection:
            return [
                connection.execute(
                    select(examples.c.example_id, examples.c.revision, examples.c.kind).order_by(
                        examples.c.example_id
                    )
                ).all(),
                connection.execute(
                    select(scored.c.query_id, scored.c.revision).order_by(
                        scored.c.query_id, scored.c.revision
                    )
                ).all(),
            ]

    def live(self) -> Sequence[Any]:
        """The examples that are not retracted, and the scored questions."""
        with self.engine.connect() as connection:
            return [
                set(connection.execute(result).scalars())
                for result in (
                    select(examples.c.example_id).where(examples.c.kind != "ExampleRetracted"),
                    select(scored.c.query_id),
                )
            ]


def trainer(path: Path) -> Trainer:
    return Trainer(open_database(path))


async def forget_what_was_delivered(redis: Redis) -> None:
    """Put the server into its state before the trainer read anything."""
    for stream in (EXAMPLES, REWARDS):
        await redis.xgroup_destroy(stream.key, "trainer")
    seen = [key async for key in redis.scan_iter("ratchet:seen:trainer:*")]
    await redis.delete(*seen)


async def test_events_that_an_older_server_redelivers_count_once(
    scored_system: Redis, tmp_path: Path
):
    ahead = trainer(tmp_path / "trainer.db")
    await ahead.hear(scored_system)
    before = ahead.kept()
    assert all(len(rows) > 40 for rows in before)
    await forget_what_was_delivered(scored_system)
    await ahead.hear(scored_system)
    assert ahead.kept() == before


async def test_a_replay_into_an_empty_server_completes_an_older_database(
    scored_system: Redis, valkey_url: str, tmp_path: Path
):
    whole, behind = trainer(tmp_path / "whole.db"), trainer(tmp_path / "behind.db")
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
