"""A trainer that reads streams into its database when a test tells it to, and trains nothing."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from opentelemetry.trace import NoOpTracer
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from ratchet.contract import EXAMPLES, REWARDS, ExperienceScored
from ratchet.delivery import Consumer, DeliveryMetrics, Entry, Worker, create_groups
from trainer.backends.sql.database import open_database
from trainer.backends.sql.example_store import SqlExampleStore
from trainer.backends.sql.model_store import SqlModelStore
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.backends.sql.tables import examples, scored
from trainer.domain.scorer.rules import LearningRules
from trainer.handlers import RankingHandlers, TrainerHandlers


class ReadingTrainer:
    """A trainer's stores in the database `path`, with the consumers of its service."""

    def __init__(self, path: Path) -> None:
        self.engine = engine = open_database(path)
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
