"""Events a second through validate, score, build, publish and acknowledge, beside a bare loop.

Run: python benchmarks/delivery.py
"""

import asyncio
import json
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from ratchet.broker import create_broker
from ratchet.delivery.consumer import Consumer
from ratchet.publisher import Publisher
from ratchet.service import Service
from ratchet.simulator import simulate
from ratchet.streams import EXPERIENCES, FEEDBACK, Stream
from ratchet.testing.eventually import eventually
from ratchet.testing.server import free_port, valkey_server
from ratchet.testing.simulated import facts_of
from reward.handlers import RewardHandlers
from reward.metrics import RewardMetrics
from reward.settings import RewardSettings

QUESTIONS = 1500
BATCH = 100


async def fill(redis: Redis) -> int:
    await redis.flushall()
    turns = simulate(1, QUESTIONS, 2, start=datetime(2026, 1, 5, tzinfo=UTC))
    everything = facts_of(turns)
    for start in range(0, len(everything), 500):
        await Publisher(redis).publish(everything[start : start + 500])
    return len(everything)


async def settled(redis: Redis, stream: Stream) -> bool:
    group = (await redis.xinfo_groups(stream.key))[0]
    return group["entries-read"] == await redis.xlen(stream.key) and group["pending"] == 0


async def reward_service(url: str) -> float:
    """Events a second of the real reward service: FastStream, delivery layer, handler."""
    async with Redis.from_url(url) as redis:
        count = await fill(redis)
        settings = RewardSettings(redis_url=url)  # type: ignore[arg-type]
        registry = CollectorRegistry()
        handlers = RewardHandlers(settings, RewardMetrics(registry))
        broker = create_broker(settings)
        service = Service(
            name="reward",
            settings=settings,
            broker=broker,
            redis=Redis.from_url(url),
            registry=registry,
            consumers=[
                Consumer(stream, "reward", handlers.handle, BATCH)
                for stream in (EXPERIENCES, FEEDBACK)
            ],
        )
        async with service.running():
            began = time.perf_counter()
            await broker.start()
            for stream in (EXPERIENCES, FEEDBACK):
                await eventually(partial(settled, redis, stream), 120)
            seconds = time.perf_counter() - began
            await broker.stop()
        return count / seconds


async def bare_loop(url: str) -> float:
    """Read, parse, publish one event and acknowledge with redis-py alone; no state, no scoring."""
    async with Redis.from_url(url) as redis:
        count = await fill(redis)
        began = time.perf_counter()
        for stream in (EXPERIENCES, FEEDBACK):
            await redis.xgroup_create(stream.key, "bare", id="0")
            while True:
                answer = await redis.xreadgroup("bare", "1", {stream.key: ">"}, count=BATCH)
                if not answer:
                    break
                async with redis.pipeline(transaction=True) as pipe:
                    for entry_id, fields in answer[0][1]:
                        json.loads(fields[b"__data__"])
                        pipe.xadd("out", {"__data__": fields[b"__data__"]})
                        pipe.xack(stream.key, "bare", entry_id)
                    await pipe.execute()
        return count / (time.perf_counter() - began)


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as directory,
        valkey_server(Path(directory), free_port()) as url,
    ):
        bare = asyncio.run(bare_loop(url))
        ours = asyncio.run(reward_service(url))
    table = Table("events a second, one process", "", "of bare", title="delivery and reward")
    table.add_row("bare redis-py: read, parse, publish, acknowledge", f"{bare:,.0f}", "1.00")
    table.add_row("reward service: all effects", f"{ours:,.0f}", f"{ours / bare:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
