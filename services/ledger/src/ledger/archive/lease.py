"""A turn that processes on many machines take through Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.exceptions import LockError, RedisError

from ratchet.processes import end_all

_KEY = "ratchet:archive-turn"
_LOOK_S = 0.02


@asynccontextmanager
async def leased_turn(redis: Redis, lease_s: float = 60.0) -> AsyncIterator[None]:
    """Inside, nobody else is; who is killed holds others up for `lease_s` at most.

    Raises `TimeoutError`, an `OSError`, where the lease could not be renewed in time: what is
    inside ends before another's turn begins. Raises redis-py's errors.
    """
    lock = redis.lock(_KEY, timeout=lease_s, sleep=_LOOK_S)
    await lock.acquire()
    try:
        async with asyncio.timeout(lease_s / 2) as deadline:
            renewing = asyncio.create_task(_renew(lock, deadline, lease_s))
            try:
                yield
            finally:
                await end_all(renewing, again_s=_LOOK_S)
    finally:
        with suppress(LockError):
            await lock.release()


async def _renew(lock: Lock, deadline: asyncio.Timeout, lease_s: float) -> None:
    clock = asyncio.get_running_loop().time
    while True:
        await asyncio.sleep(lease_s / 8)
        asked = clock()
        with suppress(RedisError, OSError):
            await lock.reacquire()
            deadline.reschedule(asked + lease_s / 2)
