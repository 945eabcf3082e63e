"""The training lease in Redis: one trainer at a time, and a crash frees it soon."""

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
    """A lease that expires after `seconds` and is renewed three times in that time."""

    def __init__(self, redis: Redis, seconds: float, key: str = _KEY) -> None:
        self._redis = redis
        self._seconds = seconds
        self._key = key

    async def hold(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work` while holding the lease; raises redis-py's errors if acquiring fails."""
        lock = self._redis.lock(self._key, timeout=self._seconds, thread_local=False)
        # Counted from before the request: Redis may have set the expiry at any time since.
        requested = time.monotonic()
        try:
            taken = not await lock.acquire(blocking=False)
        except RedisError:
            work.close()
            raise
        if taken:
            work.close()
            raise LeaseTaken(f"another trainer holds the lease {self._key}")
        working = asyncio.ensure_future(work)
        beating = asyncio.ensure_future(self._heartbeat(lock, requested + self._seconds))
        try:
            await asyncio.wait({working, beating}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise LeaseLost(f"the lease {self._key} expired while training")
            return working.result()
        finally:
            await end_all(working, beating)
            await _release(lock)

    async def _heartbeat(self, lock: Lock, end: float) -> None:
        """Renew until another process holds the lease, or no renewal succeeded before `end`."""
        while (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(left, self._seconds / 3))
            requested = time.monotonic()
            try:
                # A hanging connection must not outlast the lease: then two trainers would work.
                async with asyncio.timeout(max(0.0, end - requested)):
                    await lock.reacquire()
                end = requested + self._seconds
            except LockError:
                return
            except (RedisError, OSError) as error:
                _log.warning("the lease could not be renewed: %r", error)


async def _release(lock: Lock) -> None:
    try:
        await lock.release()
    except (RedisError, OSError) as error:
        _log.warning("the lease was not released and will expire: %s", error)
