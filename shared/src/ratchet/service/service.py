"""A service: its consumers and background tasks, from start to stop."""

import asyncio
import gc
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from faststream.redis import RedisBroker
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector
from redis.asyncio import Redis

from ratchet.contract import Stream
from ratchet.delivery import (
    Claimer,
    Consumer,
    DeadLetterLimit,
    DeliveryMetrics,
    Worker,
    attach,
    create_groups,
)
from ratchet.processes import end_all
from ratchet.settings import CommonSettings
from ratchet.telemetry import Tracing

_log = logging.getLogger(__name__)
_LOOP_LIMIT_S = 60.0

Status = Callable[[], Awaitable[dict[str, Any]]]
Background = Callable[[], Awaitable[None]]


async def _no_fields() -> dict[str, Any]:
    return {}


@dataclass
class Service:
    """`background` tasks run from start to stop; one that ends or raises stops the service.

    `status` adds the service's fields to `/status`; `publishes` is for the AsyncAPI document.
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
    started_at: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
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

    def stopped(self) -> dict[str, str]:
        """By stream, why its consumer exceeded its dead-letter limit."""
        return {
            worker.consumer.stream.name: worker.stopped
            for worker in self.workers
            if worker.stopped is not None
        }

    def stuck(self) -> str | None:
        """Why this process needs a restart; None if it does not. Does not depend on Redis."""
        now = time.monotonic()
        for worker, claimer in zip(self.workers, self.claimers, strict=True):
            name = worker.consumer.stream.name
            if now - claimer.last_loop > _LOOP_LIMIT_S:
                return f"the claim loop of {name} last ran {now - claimer.last_loop:.0f} s ago"
            busy_s = now - worker.busy_since if worker.busy_since is not None else 0.0
            if busy_s > worker.consumer.stuck_after_s:
                return f"a batch of {name} has been processed for {busy_s:.0f} s"
        return None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Create groups first, then run claimers and background tasks until the end."""
        await create_groups(self.redis, self.consumers)
        # Objects of the start live as long as the process: freezing exempts them from garbage
        # collection. A batch makes thousands of short-lived ones, so 700 is too low a threshold.
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        loops = [loop for claimer in self.claimers for loop in claimer.loops()]
        tasks = [asyncio.ensure_future(task) for task in [*loops, *(b() for b in self.background)]]
        for task in tasks:
            task.add_done_callback(_stop_when_a_task_ends)
        try:
            yield
        finally:
            for task in tasks:
                task.remove_done_callback(_stop_when_a_task_ends)
            await end_all(*tasks)
            await self.redis.aclose()
            await asyncio.to_thread(self.tracing.close)


def _stop_when_a_task_ends(task: "asyncio.Future[Any]") -> None:
    if task.cancelled():
        return
    _log.critical("a background task ended; stopping", exc_info=task.exception())
    raise SystemExit(1)
