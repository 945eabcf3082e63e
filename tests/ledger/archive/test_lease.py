"""The lease on an archive that many machines write: one holder at a time, for a limited time."""

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest
from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ratchet.contract import MODELS
from ratchet.storage import LeaseLost, hold_lease
from ratchet_testing.bucket_server import bucket_server
from ratchet_testing.eventually import eventually

from .aged import archivist, fill_finished


def archive_lease(redis: Redis, lease_s: float = 60) -> AbstractAsyncContextManager[None]:
    return hold_lease(redis, "ratchet:archive-turn", lease_s, spare_s=lease_s / 2, wait=True)


async def test_lease_holders_run_one_after_the_other(redis: Redis):
    inside: list[int] = []
    most = 0

    async def take(number: int) -> None:
        nonlocal most
        async with archive_lease(redis, 0.4):
            inside.append(number)
            most = max(most, len(inside))
            await asyncio.sleep(0.6)
            inside.remove(number)

    await asyncio.gather(*(take(number) for number in range(3)))
    assert most == 1


async def test_a_killed_holder_blocks_others_no_longer_than_the_lease(redis: Redis):
    await redis.lock("ratchet:archive-turn", timeout=0.3).acquire()
    async with asyncio.timeout(5), archive_lease(redis):
        pass


async def test_a_holder_that_lost_the_lease_ends_before_the_next_starts(redis: Redis):
    with pytest.raises(LeaseLost):
        async with archive_lease(redis, 0.4):
            await redis.delete("ratchet:archive-turn")
            await eventually(_never, 5)


async def test_an_archivist_waits_for_an_erasure_in_its_bucket(redis: Redis):
    """It would take a replacement in progress for one that a kill interrupted."""
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
