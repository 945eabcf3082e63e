"""Callers that wait together share a round trip, and nothing else."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ratchet.delivery import Appends
from ratchet_testing.valkey import free_port, valkey_server

pytestmark = pytest.mark.every_redis


async def test_entries_of_one_caller_are_adjacent_and_in_order(redis: Redis):
    appends = Appends(redis)
    sent = [[("a", b"%d-%d" % (number, part)) for part in range(3)] for number in range(600)]
    await asyncio.gather(*(appends.append(entries) for entries in sent))
    there = [fields[b"__data__"] for _, fields in await redis.xrange("a")]
    assert sorted(there[at : at + 3] for at in range(0, len(there), 3)) == sorted(
        [data for _, data in entries] for entries in sent
    )


async def test_many_callers_need_few_commands(redis: Redis):
    appends = Appends(redis)
    await appends.append([("a", b"first")])
    before = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]
    await asyncio.gather(*(appends.append([("a", b"x")]) for _ in range(200)))
    after = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]
    assert after - before <= 2


async def test_a_cancelled_caller_does_not_cancel_others(redis: Redis):
    appends = Appends(redis)
    waiting = [asyncio.create_task(appends.append([("a", b"x")])) for _ in range(10)]
    await asyncio.sleep(0)
    waiting[3].cancel()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [result for result in found if result is not None] == [found[3]]
    await appends.append([("a", b"later")])


async def test_a_full_server_accepts_all_or_nothing(tmp_path: Path):
    with valkey_server(tmp_path, free_port(), max_memory="6mb") as url:
        async with Redis.from_url(url) as redis:
            appends = Appends(redis)
            sent = 0
            with pytest.raises(RedisError):
                while True:
                    await appends.append([("a", b"x" * 9_000)] * 10)
                    sent += 10
            assert await redis.xlen("a") == sent > 0


async def test_every_caller_gets_the_error_of_an_unavailable_server():
    async with Redis(port=free_port(), retry=None) as redis:
        appends = Appends(redis)
        for _ in range(2):
            waiting = (appends.append([("a", b"x")]) for _ in range(5))
            found = await asyncio.gather(*waiting, return_exceptions=True)
            assert all(isinstance(error, RedisError) for error in found)


class Gate:
    """A server that answers everything under way at the same moment."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    def register_script(self, _: str) -> Any:
        async def run(keys: list[str], args: list[Any]) -> Any:
            await self.open.wait()
            return (b"1-0", 1) if isinstance(args[0], int) else 1

        return run


async def test_a_caller_that_arrives_as_the_last_group_ends_is_sent():
    gate = Gate()
    appends = Appends(gate)  # type: ignore[arg-type]

    async def twice() -> None:
        await appends.append([("a", b"x")])
        await appends.append([("a", b"y")])

    first = asyncio.create_task(twice())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    second = asyncio.create_task(appends.append([("a", b"z")]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gate.open.set()
    async with asyncio.timeout(5):
        await asyncio.gather(first, second)
