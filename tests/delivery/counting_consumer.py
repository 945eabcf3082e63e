"""A consumer process for the kill tests: counts each name and emits one event for it."""

import asyncio
import sys

from faststream.redis import RedisBroker
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ratchet.delivery.consumer import Consumer, RetryPolicy
from ratchet.service import Service
from ratchet.settings import CommonSettings
from ratchet.streams import COMMANDS
from ratchet.testing.counting import count_and_emit


async def main(url: str, name: str) -> None:
    broker = RedisBroker(url)
    policy = RetryPolicy(max_attempts=100, base_s=0.2, cap_s=0.2)
    service = Service(
        name="test",
        settings=CommonSettings(redis_url=url, consumer_name=name),  # type: ignore[arg-type]
        broker=broker,
        redis=Redis.from_url(url),
        registry=CollectorRegistry(),
        consumers=[Consumer(COMMANDS, "test", count_and_emit, batch=7, retry=policy)],
    )
    async with service.running():
        await broker.start()
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
