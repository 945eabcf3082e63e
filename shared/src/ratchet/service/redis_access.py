"""A service's way to Redis at its start: wait, examine, refuse, and start to read."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from faststream.redis import RedisBroker
from redis.asyncio import Redis
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    RedisError,
)

from ratchet.service.endings import StartRefused, reason_of
from ratchet.service.redis_fitness import refusal
from ratchet_text import Secrets

_log = logging.getLogger(__name__)
_LIMIT_S = 60.0
_RETRY_S = 0.5


@dataclass(frozen=True)
class RedisAccess:
    """`address` is shown, without credentials."""

    redis: Redis
    address: str
    secrets: Secrets

    async def examine(self) -> None:
        """Raises `StartRefused` if the server cannot be used, redis-py's errors if it is away."""
        try:
            problem = await refusal(self.redis, self.address)
        except (AuthenticationError, NoPermissionError) as error:
            raise self._refused(error) from error
        if problem is not None:
            raise StartRefused(problem)

    async def examined_if_it_answers(self) -> bool:
        """Whether it answered; raises `StartRefused` if it cannot be used."""
        with suppress(RedisError, OSError):
            await self.examine()
            return True
        return False

    async def wait_until(self, step: Callable[[], Awaitable[None]]) -> None:
        """Examine Redis, then await `step`, again until both succeed; raises `StartRefused`.

        There is no limit while the server loads its data.
        """
        deadline = time.monotonic() + _LIMIT_S
        logged = None
        while True:
            try:
                await self.examine()
                await step()
                return
            except (RedisError, OSError) as error:
                loading = isinstance(error, BusyLoadingError)
                if time.monotonic() > deadline and not loading:
                    raise self._refused(error) from error
                if str(error) != logged:
                    logged = str(error)
                    _log.warning("waiting for Redis at %s: %s", self.address, logged)
            await asyncio.sleep(_RETRY_S)

    async def examine_later(self) -> NoReturn:
        """Raises `StartRefused` when a server that cannot be used answers at last."""
        while True:
            if await self.examined_if_it_answers():
                await asyncio.Event().wait()
            await asyncio.sleep(_RETRY_S)

    async def start_reading(
        self, broker: RedisBroker, loops: "Sequence[asyncio.Future[Any]]"
    ) -> None:
        """Start FastStream's readers; raises `StartRefused` if they fail or a loop ends first.

        FastStream's own application reports its start as complete before it starts the readers.
        """
        start = asyncio.ensure_future(broker.start())
        await asyncio.wait([start, *loops], timeout=_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
        ended = next((loop for loop in loops if loop.done()), None)
        if not start.done():
            start.cancel()
        if ended is not None:
            raise StartRefused(reason_of(ended)) from ended.exception()
        try:
            if not start.done():
                raise TimeoutError(f"no answer within {_LIMIT_S:.0f} s")
            start.result()
        except (RedisError, OSError) as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> StartRefused:
        problem = f"Redis at {self.address} cannot be used: {str(error) or type(error).__name__}"
        remedy = "repair or start it, or correct RATCHET_REDIS_URL; the service then starts itself"
        return StartRefused(self.secrets.hide(f"{problem}; {remedy}"))
