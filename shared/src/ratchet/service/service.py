"""A service: its consumers and background tasks, from start to stop."""

import asyncio
import gc
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from faststream.redis import RedisBroker
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ratchet.command_line import redis_address
from ratchet.contract import Stream, Unavailable
from ratchet.delivery import (
    Claimer,
    Consumer,
    DeadLetterLimit,
    DeliveryMetrics,
    Worker,
    attach,
    create_groups,
    missing_groups,
)
from ratchet.processes import end_all
from ratchet.service.endings import end_the_process, stop_within_limit
from ratchet.service.redis_access import RedisAccess
from ratchet.service.watchdog import watched
from ratchet.settings import CommonSettings
from ratchet.telemetry import Tracing

_LOOP_LIMIT_S = 60.0
_READY_LIMIT_S = 3.0

Status = Callable[[], Awaitable[dict[str, Any]]]
Background = Callable[[], Awaitable[None]]


async def _no_fields() -> dict[str, Any]:
    return {}


async def _no_storage() -> str | None:
    return None


@dataclass
class Service:
    """`background` tasks run from start to stop; one that ends or raises stops the service.

    `storage` returns why the service's own database cannot be used, or None; it may raise
    `Unavailable`.
    `status` adds the service's fields to `/status`; `publishes` is for the AsyncAPI document.
    Unless it `needs_redis`, the service starts and is ready whatever the state of Redis.
    """

    name: str
    settings: CommonSettings
    broker: RedisBroker
    redis: Redis
    registry: CollectorRegistry
    consumers: Sequence[Consumer] = ()
    background: Sequence[Background] = ()
    publishes: Sequence[Stream] = ()
    tracing: Tracing = field(default_factory=Tracing)
    status: Status = _no_fields
    storage: Callable[[], Awaitable[str | None]] = _no_storage
    started_at: float = field(default_factory=time.monotonic)
    needs_redis: bool = True

    def __post_init__(self) -> None:
        self._ended: asyncio.Future[None] | None = None
        metrics = DeliveryMetrics(self.registry)
        ProcessCollector(registry=self.registry)
        self.redis_up = Gauge(
            "ratchet_redis_up",
            "1 if Redis answered this scrape's request within a second.",
            registry=self.registry,
        )
        name = f"{self.name}-{self.settings.consumer_name}"
        limit = DeadLetterLimit(
            self.settings.dead_letters_max_consecutive, self.settings.dead_letters_max_share
        )
        turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        common = (limit, self.settings.secrets, self.settings.batch_bytes)
        self.workers = [
            Worker(
                consumer, self.redis, metrics, turns[consumer.group], self.tracing.tracer, *common
            )
            for consumer in self.consumers
        ]
        self.claimers = [Claimer(worker, self.redis, name, metrics) for worker in self.workers]
        for worker in self.workers:
            attach(self.broker, worker, name)
        for stream in self.publishes:
            self.broker.publisher(stream=stream.key, schema=stream.union)

    @property
    def address(self) -> str:
        """Of Redis, without credentials."""
        return redis_address(str(self.settings.redis_url))

    def stopped(self) -> dict[str, str]:
        """By stream, why its consumer exceeded its dead-letter limit."""
        return {
            worker.consumer.stream.name: worker.stopped
            for worker in self.workers
            if worker.stopped is not None
        }

    def clocks_ahead(self) -> str | None:
        """The producers whose clock was ahead since the start, by stream; None if none was."""
        ahead = {w.consumer.stream.name: w.ahead_s for w in self.workers if w.ahead_s}
        if not ahead:
            return None
        named = ", ".join(f"{name} by up to {seconds:,.0f} s" for name, seconds in ahead.items())
        return (
            f"events came with times that were still ahead: {named}. They count from their "
            "arrival. Set the clocks of their producers"
        )

    def stuck(self) -> str | None:
        """Why this process needs a restart; None if it does not. Does not depend on Redis."""
        return next(filter(None, (each.stuck(_LOOP_LIMIT_S) for each in self.claimers)), None)

    async def unready(self) -> str | None:
        """Why this service cannot work at the moment, in one sentence; None if it can.

        It works when every loop of every consumer runs, Redis answers and has the groups, and its
        own storage opens.
        """
        if problem := self.stuck() or "; ".join(self.stopped().values()):
            return problem
        try:
            async with asyncio.timeout(_READY_LIMIT_S):
                if self.needs_redis:
                    await self.redis.ping()
                if missing := await missing_groups(self.redis, self.consumers):
                    return f"Redis at {self.address} lacks the groups {', '.join(missing)}"
            async with asyncio.timeout(_READY_LIMIT_S):
                return await self.storage()
        except Unavailable as error:
            return str(error)
        except TimeoutError:
            return f"Redis or the storage did not answer within {_READY_LIMIT_S:.0f} s"
        except (RedisError, OSError) as error:
            return f"Redis at {self.address}: {error}"

    def end(self, reason: str) -> None:
        """End the process with status 1, as when a loop ends."""
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(RuntimeError(reason))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Create groups first, then read, claim and run background tasks until the end.

        Raises `StartRefused`. Later the process ends with status 1 when one of the loops does.
        """
        access = RedisAccess(self.redis, self.address, self.settings.secrets)
        if self.consumers:
            await access.wait_until(partial(create_groups, self.redis, self.consumers))
            later = []
        else:
            # The intake does not wait: it answers 503 meanwhile.
            done = not self.needs_redis or await access.examined_if_it_answers()
            later = [] if done else [access.examine_later()]
        # Objects of the start live as long as the process: freezing exempts them from garbage
        # collection. A batch makes thousands of short-lived ones, so 700 is too low a threshold.
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        for worker, claimer in zip(self.workers, self.claimers, strict=True):
            worker.last_read = claimer.last_loop = time.monotonic()
        self._ended = asyncio.get_running_loop().create_future()
        loops = [loop for claimer in self.claimers for loop in claimer.loops()]
        coroutines = [*loops, *later, *(start() for start in self.background)]
        watch = [self._ended, *map(asyncio.ensure_future, coroutines)]
        try:
            async with watched(self.stuck, _LOOP_LIMIT_S):
                if self.consumers:
                    await access.start_reading(self.broker, watch)
                for task in watch:
                    task.add_done_callback(end_the_process)
                yield
        finally:
            for task in watch:
                task.remove_done_callback(end_the_process)
            await stop_within_limit(self._stop(watch))

    async def _stop(self, watch: "Sequence[asyncio.Future[Any]]") -> None:
        if self.consumers:
            await self.broker.stop()
        await end_all(*watch)
        await self.redis.aclose()
        await asyncio.to_thread(self.tracing.close)
