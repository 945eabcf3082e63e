"""Turns on an archive that many machines write: one at a time, and none is held for ever."""

import asyncio

import pytest
from redis.asyncio import Redis

from ledger.archive.lease import leased_turn
from ledger.archive.store import ArchiveStore
from ratchet.contract import MODELS
from ratchet_testing.bucket_server import bucket_server
from ratchet_testing.eventually import eventually

from .aged import archivist, fill_finished


async def test_one_after_the_other_however_long_each_takes(redis: Redis):
    inside: list[int] = []
    most = 0

    async def take(number: int) -> None:
        nonlocal most
        async with leased_turn(redis, lease_s=0.4):
            inside.append(number)
            most = max(most, len(inside))
            await asyncio.sleep(0.6)
            inside.remove(number)

    await asyncio.gather(*(take(number) for number in range(3)))
    assert most == 1


async def test_who_dies_holds_others_up_no_longer_than_the_lease(redis: Redis):
    await redis.lock("ratchet:archive-turn", timeout=0.3).acquire()
    async with asyncio.timeout(5), leased_turn(redis):
        pass


async def test_who_lost_the_lease_ends_before_another_begins(redis: Redis):
    with pytest.raises(TimeoutError):
        async with leased_turn(redis, lease_s=0.4):
            await redis.delete("ratchet:archive-turn")
            await eventually(_never, 5)


async def test_an_archivist_waits_for_whoever_erases_from_its_bucket(redis: Redis):
    """What lies aside while a file is replaced would look to it like what a kill has left."""
    await fill_finished(redis, MODELS, days=10, a_day=1)
    with bucket_server() as bucket:
        async with ArchiveStore(bucket.url).exclusive(redis):
            keeper = archivist(redis, ArchiveStore(bucket.url))
            waiting = asyncio.create_task(keeper.archive(MODELS))
            done, _ = await asyncio.wait({waiting}, timeout=0.2)
            assert (done, bucket.objects) == (set(), {})
        await waiting
        assert bucket.objects


async def _never() -> bool:
    return False
