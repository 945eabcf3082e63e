"""The ledger service with real streams and a real database."""

from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from sqlalchemy import Connection, event

from ledger.app import create_app
from ledger.backends.database import open_for_writing
from ledger.backends.writer import SqlLedger
from ledger.handlers import LedgerHandlers
from ledger.metrics import LedgerMetrics
from ledger.reading import LedgerReader
from ledger.settings import LedgerSettings
from ledger.status import ledger_facts
from ratchet.contract import EXPERIENCES, STREAMS, ExperienceRecorded, Stream, Unavailable
from ratchet.delivery import Consumer, Publisher, RetryPolicy
from ratchet.service import Service, create_broker, create_host, create_redis
from ratchet_testing.deliveries import delivered
from ratchet_testing.eventually import eventually
from ratchet_testing.ledger_world import DAY, Opened
from ratchet_testing.running_service import started
from ratchet_testing.valkey import free_port
from reward.memory_state import MemoryState

NOWHERE = "postgresql+psycopg://ratchet@127.0.0.1:{port}/postgres"


async def settled(redis: Redis) -> bool:
    """Whether the ledger's group has read and acknowledged all of every stream."""
    return all([await settled_stream(redis, stream) for stream in STREAMS])


async def settled_stream(redis: Redis, stream: Stream) -> bool:
    if not await redis.exists(stream.key):
        return True
    groups = await redis.xinfo_groups(stream.key)
    entries = await redis.xlen(stream.key)
    return [(g["pending"], g["entries-read"] or 0) for g in groups] == [(0, entries)]


async def test_every_stream_is_written_to_the_ledger(
    redis: Redis, valkey_url: str, ledger: Opened, tmp_path: Path
):
    await Publisher(redis).publish(DAY)
    await Publisher(redis).publish(DAY[:50])
    settings = LedgerSettings.model_validate(
        {"redis_url": valkey_url, "ledger_url": ledger.url, "data_dir": tmp_path}
    )
    async with started(create_app(settings)):

        async def all_of_it() -> bool:
            return await settled(redis)

        await eventually(all_of_it, 30)
    written = ledger.hash
    ledger.write(delivered(DAY))
    assert written == ledger.hash
    assert len(LedgerReader(ledger.read).history(1000)) == 80
    assert await redis.keys("ratchet:seen:ledger:*") == []


class Room:
    """While `full`, an SQLite database may not grow by a single page."""

    def __init__(self, ledger: Opened) -> None:
        self.full = False
        event.listen(ledger.engine, "begin", self._limit)

    def _limit(self, connection: Connection) -> None:
        pages = 1 if self.full else 2**30
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


async def test_a_full_disk_leaves_events_pending_and_none_is_lost(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    with Opened(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        room = Room(ledger)
        room.full = True
        handlers = LedgerHandlers(SqlLedger(ledger.engine), LedgerMetrics(CollectorRegistry()), 0)
        status = partial(ledger_facts, handlers, LedgerReader(ledger.read))
        settings = LedgerSettings.model_validate({"redis_url": valkey_url})
        service = Service(
            name="ledger",
            settings=settings,
            broker=create_broker(settings),
            redis=create_redis(settings),
            registry=CollectorRegistry(),
            consumers=[
                Consumer(
                    EXPERIENCES,
                    "ledger",
                    {ExperienceRecorded: handlers.handle},
                    10,
                    RetryPolicy(2, base_s=0.05),
                )
            ],
        )
        facts = [e for e in DAY if type(e).__name__ == "ExperienceRecorded"]
        await Publisher(redis).publish(facts)
        async with started(create_host(service)):

            async def pending() -> bool:
                group = await redis.xpending_range(EXPERIENCES.key, "ledger", "-", "+", 100)
                return handlers.trouble is not None and bool(group)

            await eventually(pending, 20)
            assert "full" in (await status())["summary"]
            room.full = False

            async def written() -> bool:
                return len(LedgerReader(ledger.read).history(1000)) == len(facts)

            await eventually(written, 20)

            async def quiet() -> bool:
                return await settled_stream(redis, EXPERIENCES)

            await eventually(quiet, 20)
        assert await redis.xlen(EXPERIENCES.dead_key) == 0
        assert (await status())["trouble"] is None


async def test_an_unavailable_database_fails_no_event():
    engine = open_for_writing(NOWHERE.format(port=free_port()))
    handlers = LedgerHandlers(SqlLedger(engine), LedgerMetrics(CollectorRegistry()), 0)
    with pytest.raises(Unavailable, match="ledger's database"):
        await handlers.handle(delivered(DAY[:1]), MemoryState())
    facts = await ledger_facts(handlers, LedgerReader(engine))
    assert facts["summary"].startswith("degraded: ")


async def test_a_broken_connection_fails_no_event_and_the_next_batch_is_written(
    postgresql: str, tmp_path: Path
):
    with Opened(postgresql) as ledger:
        cut = event.listens_for(ledger.engine, "before_cursor_execute", once=True)

        @cut
        def _cut(connection: Connection, *_: object) -> None:
            own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with ledger.read.connect() as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({own})")

        with pytest.raises(Unavailable):
            ledger.write(delivered(DAY))
        assert ledger.write(delivered(DAY)) == len({e.event_id for e in DAY})
