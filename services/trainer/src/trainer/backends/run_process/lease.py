"""The right to train, held in Redis: one trainer at a time, and none for long after a crash."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.exceptions import LockError, RedisError

from ratchet.processes import end_all
from trainer.ports import LeaseLost, LeaseTaken

T = TypeVar("T")
_KEY = "ratchet:trainer:lease"
_log = logging.getLogger(__name__)


class RedisLease:
    """Renewed three times in `seconds`; a holder that dies is forgotten after `seconds`."""

    def __init__(self, redis: Redis, seconds: float, key: str = _KEY) -> None:
        self._redis = redis
        self._seconds = seconds
        self._key = key

    async def hold(self, work: Coroutine[Any, Any, T]) -> T:
        """As `trainer.ports.Lease`; raises redis-py's errors where acquiring fails."""
        lock = self._redis.lock(self._key, timeout=self._seconds, thread_local=False)
        asked = time.monotonic()
        try:
            taken = not await lock.acquire(blocking=False)
        except RedisError:
            work.close()
            raise
        if taken:
            work.close()
            raise LeaseTaken(self._key)
        working = asyncio.ensure_future(work)
        beating = asyncio.ensure_future(self._heartbeat(lock, asked + self._seconds))
        try:
            await asyncio.wait({working, beating}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise LeaseLost(self._key)
            return working.result()
        finally:
            await end_all(working, beating)
            await _release(lock)

    async def _heartbeat(self, lock: Lock, end: float) -> None:
        """Renew until the lease is another's, or was not renewed before its `end`."""
        while (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(left, self._seconds / 3))
            asked = time.monotonic()
            try:
                async with asyncio.timeout(max(0.0, end - asked)):
                    await lock.reacquire()
                end = asked + self._seconds
            except LockError:
                return
            except (RedisError, OSError) as error:
                _log.warning("the lease could not be renewed: %r", error)


async def _release(lock: Lock) -> None:
    try:
        await lock.release()
    except (RedisError, OSError) as error:
        _log.warning("the lease was not released and runs out by itself: %s", error)
