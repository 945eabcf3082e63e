"""Leases in Redis: one process at a time works, and the lease of a killed one expires."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.exceptions import LockError, RedisError

from ratchet.processes import end_all

_POLL_S = 0.02
_LONGEST_MS = 3_600_000
_SHORTEN = """
if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[1]) then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
"""
_log = logging.getLogger(__name__)


class LeaseTaken(OSError):
    """Another process holds the lease."""


class LeaseLost(OSError):
    """The lease was lost or could not be renewed in time; the work under it was cancelled."""


@asynccontextmanager
async def hold_lease(
    redis: Redis, key: str, seconds: float, spare_s: float = 0.0, wait: bool = False
) -> AsyncIterator[None]:
    """Hold the lease `key`, which expires after `seconds` without renewal, while inside.

    The body is cancelled `spare_s` seconds before the lease expires, so that threads, which
    cannot be cancelled, have time to end. Raises `LeaseTaken` at once if another process holds
    the lease, unless `wait`, `LeaseLost` instead of the cancellation, and redis-py's errors.
    A lease that would last for hours was taken before the clock of Redis was set back: it is
    shortened to `seconds`, in which a living holder renews it.
    """
    clock = asyncio.get_running_loop().time
    shorten, in_ms = redis.register_script(_SHORTEN), int(seconds * 1000)
    lock, usable_s = redis.lock(key, timeout=seconds, thread_local=False), seconds - spare_s
    # Counted from before the request: Redis may have set the expiry at any time since.
    requested = clock()
    while not await lock.acquire(blocking=False):
        await shorten(keys=[key], args=[_LONGEST_MS + in_ms, in_ms])
        if not wait:
            raise LeaseTaken(f"another process holds the lease {key}")
        await asyncio.sleep(_POLL_S)
        requested = clock()
    try:
        async with asyncio.timeout_at(requested + usable_s) as deadline:
            renewing = asyncio.create_task(_renew(lock, deadline, usable_s))
            try:
                yield
            finally:
                await end_all(renewing, again_s=_POLL_S)
    except TimeoutError as error:
        if not deadline.expired():
            raise
        raise LeaseLost(f"the lease {key} was lost or could not be renewed in time") from error
    finally:
        try:
            await lock.release()
        except (RedisError, OSError) as error:
            _log.warning("the lease was not released and will expire: %s", error)


async def _renew(lock: Lock, deadline: asyncio.Timeout, usable_s: float) -> None:
    """Move the deadline with each renewal; bring it forward when another process has the lease."""
    clock = asyncio.get_running_loop().time
    while True:
        await asyncio.sleep(usable_s / 4)
        requested = clock()
        try:
            await lock.reacquire()
            deadline.reschedule(requested + usable_s)
        except LockError:
            deadline.reschedule(requested)
            return
        except (RedisError, OSError) as error:
            _log.warning("the lease could not be renewed: %r", error)
