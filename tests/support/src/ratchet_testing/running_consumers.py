"""Runs consumers on a real server, as a service does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ratchet.delivery import Consumer
from ratchet.service import Service, create_broker
from ratchet.settings import CommonSettings
from ratchet.telemetry import Tracing


@asynccontextmanager
async def at_work(
    url: str,
    *consumers: Consumer,
    name: str = "1",
    registry: CollectorRegistry | None = None,
    tracing: Tracing | None = None,
) -> AsyncIterator[Service]:
    """Run `consumers` on the server at `url` under the consumer name `name`."""
    settings = CommonSettings.model_validate({"redis_url": url, "consumer_name": name})
    service = Service(
        name="test",
        settings=settings,
        broker=create_broker(settings),
        redis=Redis.from_url(url),
        registry=registry or CollectorRegistry(),
        consumers=consumers,
        tracing=tracing or Tracing(),
    )
    async with service.running():
        yield service
