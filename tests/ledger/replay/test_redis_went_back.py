"""A Redis that lost its end is noticed, and gets back every event that the ledger has, once."""

import asyncio
import os
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ledger.app import create_app
from ledger.archive.stream_rows import last_of
from ledger.backends.database import open_for_writing
from ledger.backends.stream_ends import StreamEnds
from ledger.metrics import LedgerMetrics
from ledger.repair.stream_watch import StreamWatch
from ledger.repair.streams import NotRepaired, lost_events, restore_streams
from ledger.settings import LedgerSettings
from ratchet.contract import EXPERIENCES, FEEDBACK, STREAMS, FeedbackReceived
from ratchet.delivery import Publisher, group_positions
from ratchet.processes.valkey import valkey_command, wait_until_it_responds
from ratchet_testing.eventually import eventually
from ratchet_testing.running_service import started
from ratchet_testing.simulated_facts import Fact, facts_of
from ratchet_testing.valkey import free_port
from reward.app import create_app as create_reward
from reward.settings import RewardSettings
from simulator import simulate

from .conftest import START, Served, ratchet_replay

CUT = 60_000


class Server:
    """A Valkey that can lose the end of its append-only file."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.port = directory, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        command = valkey_command(self.directory, self.port, "1gb")
        self.process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL)
        await wait_until_it_responds(self.url, 20)

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    def cut(self) -> None:
        [file] = self.directory.glob("appendonlydir/*.incr.aof")
        os.truncate(file, file.stat().st_size - CUT)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path / "valkey")
    await server.start()
    yield server
    await server.kill()


@asynccontextmanager
async def services(served: Served) -> AsyncIterator[None]:
    """Run reward and ledger, and wait at the end until they have processed everything."""
    port = free_port()
    reward = RewardSettings(redis_url=served.url, data_dir=served.data_dir, port=port)  # type: ignore[arg-type]
    ledger = LedgerSettings(redis_url=served.url, data_dir=served.data_dir, archive_period_s=3600)  # type: ignore[arg-type]

    async with started(create_reward(reward)), started(create_app(ledger)):
        await settle(served.redis)
        yield
        await settle(served.redis)


async def settle(redis: Redis) -> None:
    """Wait until every group has handled everything, also what others published meanwhile.

    Redis does not know the lag of a group whose log was cut.
    """

    async def settled() -> bool:
        lasts = [await last_of(redis, stream) for stream in STREAMS]
        for stream, last in zip(STREAMS, lasts, strict=True):
            for position in await group_positions(redis, stream):
                if position.pending or position.last_delivered < last:
                    return False
        return lasts == [await last_of(redis, stream) for stream in STREAMS]

    await eventually(settled, 60)


def settings_of(served: Served) -> LedgerSettings:
    return LedgerSettings(redis_url=served.url, data_dir=served.data_dir)  # type: ignore[arg-type]


async def problem_of(served: Served) -> str | None:
    engine = open_for_writing(served.ledger)
    ends = StreamEnds(engine)
    watch = StreamWatch(served.redis, ends, LedgerMetrics(CollectorRegistry()))
    await watch.compare_all()
    problem = await watch.problem()
    engine.dispose()
    return problem


async def contents(redis: Redis) -> dict[str, list[str]]:
    """The event ids of each stream of facts."""
    ids: dict[str, list[str]] = {}
    for stream in (EXPERIENCES, FEEDBACK):
        rows: Any = await redis.xrange(stream.key)
        ids[stream.name] = [
            stream.adapter.validate_json(fields[b"__data__"]).event_id for _, fields in rows
        ]
    return ids


async def publish(redis: Redis, facts: list[Fact]) -> None:
    """A few at a time, each processed before the next: so effects lie between the facts."""
    for at in range(0, len(facts), 4):
        for fact in facts[at : at + 4]:
            await Publisher(redis).publish_once(fact)
        await settle(redis)


async def test_a_redis_whose_end_was_cut_off_is_noticed_and_restored_exactly_once(
    server: Server, tmp_path: Path
):
    facts = facts_of(simulate(7, 25, 2, start=START))
    old, new = facts[:-20], facts[-20:]
    async with Redis.from_url(server.url) as redis:
        served = Served(redis, server.url, tmp_path)
        async with services(served):
            await publish(redis, old)
        before = await contents(redis)
        assert await problem_of(served) is None

    await server.kill()
    server.cut()
    await server.start()
    async with Redis.from_url(server.url) as redis:
        served = Served(redis, server.url, tmp_path)
        after = await contents(redis)
        assert sum(map(len, after.values())) < sum(map(len, before.values()))
        async with services(served):
            # New events hide the end of the stream; the ledger compared it before it took them.
            await publish(redis, new)
        problem = await problem_of(served)
        assert problem is not None
        assert "ratchet repair streams" in problem

        async with services(served):
            counts = await restore_streams(settings_of(served), 60)
            assert sum(counts.values()) > 0
            assert await restore_streams(settings_of(served), 60) == {}
        assert await problem_of(served) is None
        restored = await contents(redis)
        for stream in (EXPERIENCES, FEEDBACK):
            kinds = {e.event_id for e in facts if isinstance(e, stream.events)}
            assert sorted(restored[stream.name]) == sorted(kinds)
        status, report, errors = await ratchet_replay(served)
        assert (status, report["differences"]) == (0, []), (report, errors)


async def test_a_server_that_lost_everything_is_noticed_and_restored(
    server: Server, tmp_path: Path
):
    facts = facts_of(simulate(7, 15, 2, start=START))
    async with Redis.from_url(server.url) as redis:
        served = Served(redis, server.url, tmp_path)
        async with services(served):
            await publish(redis, facts)
        before = await contents(redis)
        await redis.flushall()
        problem = await problem_of(served)
        assert problem is not None
        assert "experiences, feedback" in problem
        async with services(served):
            await restore_streams(settings_of(served), 60)
        assert await contents(redis) == before
        status, report, errors = await ratchet_replay(served)
        assert (status, report["differences"]) == (0, []), (report, errors)


async def test_trimmed_and_erased_entries_are_not_missed(served: Served):
    """Half of the streams of `served` is archived."""
    assert await problem_of(served) is None
    last: Any = await served.redis.xrevrange(FEEDBACK.key, count=1)
    await served.redis.xdel(FEEDBACK.key, last[0][0])
    assert await problem_of(served) is None


async def test_the_repair_waits_for_the_reward_service(served: Served):
    rows: Any = await served.redis.xrange(FEEDBACK.key)
    lost = FEEDBACK.adapter.validate_json(rows[-1][1][b"__data__"])
    assert isinstance(lost, FeedbackReceived)
    await served.redis.xdel(FEEDBACK.key, rows[-1][0])
    engine = open_for_writing(served.ledger)
    found = await lost_events(served.redis, StreamEnds(engine))
    engine.dispose()
    assert [each.event.event_id for each in found] == [lost.event_id]
    with pytest.raises(NotRepaired, match="Start it"):
        await restore_streams(settings_of(served), 0.2)
