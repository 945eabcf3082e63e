"""Measures events per second of the reward service, compared with bare loops.

Every contender is a separate process with a full backlog; its time runs from the first to the
last entry that it publishes, by the server's clock.

Run: python benchmarks/delivery.py
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from ratchet.contract import EXAMPLES, EXPERIENCES, FEEDBACK, REWARDS, Delivered, Done, Stream
from ratchet.delivery import DATA_FIELD, Publisher, entry_of
from ratchet_testing.eventually import eventually
from ratchet_testing.simulated_facts import facts_of
from ratchet_testing.valkey import free_port, valkey_server
from reward.handlers import RewardHandlers
from reward.metrics import RewardMetrics
from reward.settings import RewardSettings
from simulator import simulate

QUESTIONS = 2500
BATCH = 200
ROUNDS = 3
GROUP = "reward"
BAR_EVENTS, BAR_RATIO, BAR_TWO = 3_000, 0.3, 1.7


async def fill(redis: Redis) -> int:
    await redis.flushall()
    turns = simulate(1, QUESTIONS, 2, start=datetime(2026, 1, 5, tzinfo=UTC))
    everything = facts_of(turns)
    for start in range(0, len(everything), 500):
        await Publisher(redis).publish(everything[start : start + 500])
    for stream in (EXPERIENCES, FEEDBACK):
        await redis.xgroup_create(stream.key, GROUP, id="0")
    return len(everything)


async def settled(redis: Redis, stream: Stream) -> bool:
    group = (await redis.xinfo_groups(stream.key))[0]
    return group["entries-read"] == await redis.xlen(stream.key) and group["pending"] == 0


async def seconds_of(redis: Redis) -> float:
    """Seconds from the first to the last published entry, by the server's ids."""
    first, last = [], []
    for stream in (REWARDS, EXAMPLES):
        first += await redis.xrange(stream.key, count=1)
        last += await redis.xrevrange(stream.key, count=1)
    began, ended = (
        [int(entry_id.split(b"-")[0]) for entry_id, _ in entries] for entries in (first, last)
    )
    return (max(ended) - min(began)) / 1000


async def events_a_second(url: str, start: Callable[[], list[subprocess.Popen[bytes]]]) -> float:
    async with Redis.from_url(url) as redis:
        count = await fill(redis)
        processes = start()
        try:
            for stream in (EXPERIENCES, FEEDBACK):
                await eventually(partial(settled, redis, stream), 120)
            return count / await seconds_of(redis)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()


def services(url: str, count: int) -> list[subprocess.Popen[bytes]]:
    return [
        subprocess.Popen(
            [sys.executable, "-m", "reward"],
            env={
                **os.environ,
                "RATCHET_REDIS_URL": url,
                "RATCHET_PORT": str(free_port()),
                "RATCHET_CONSUMER_NAME": str(number),
                "RATCHET_REWARD_BATCH": str(BATCH),
                "RATCHET_LOG_LEVEL": "error",
            },
        )
        for number in range(count)
    ]


def bare(url: str, work: str) -> list[subprocess.Popen[bytes]]:
    return [subprocess.Popen([sys.executable, __file__, work, url])]


class Mget:
    """`ratchet.contract.State` without WATCH."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def read(self, keys: list[str]) -> dict[str, bytes | None]:
        return dict(zip(keys, await self._redis.mget(keys), strict=True)) if keys else {}


async def same_work(url: str) -> None:
    """Validate, score, build, publish and acknowledge with redis-py alone, in one pipeline a batch.

    No FastStream, no WATCH, no markers against repetition, no claims, no dead letters.
    """
    policy = RewardSettings().reward_policy
    handlers = RewardHandlers(policy, RewardMetrics(CollectorRegistry()))
    async with Redis.from_url(url) as redis:
        state = Mget(redis)
        for stream in (EXPERIENCES, FEEDBACK):
            while answer := await redis.xreadgroup(GROUP, "1", {stream.key: ">"}, count=BATCH):
                entries = answer[0][1]
                batch = [
                    stream.adapter.validate_json(fields[DATA_FIELD.encode()])
                    for _, fields in entries
                ]
                outcomes = await handlers.handle([Delivered.of(event) for event in batch], state)
                async with redis.pipeline(transaction=True) as pipe:
                    for done in outcomes:
                        assert isinstance(done, Done)
                        for write in done.writes:
                            pipe.set(write.key, write.value, ex=write.ttl_s)
                        for event in done.emits:
                            pipe.xadd(*entry_of(event))
                    pipe.xack(stream.key, GROUP, *(entry_id for entry_id, _ in entries))
                    await pipe.execute()


def main() -> None:
    rows = {
        "bare redis-py loop, the same work": lambda url: bare(url, "same_work"),
        "reward service": lambda url: services(url, 1),
        "two reward services": lambda url: services(url, 2),
    }
    results: dict[str, list[float]] = {name: [] for name in rows}
    with (
        tempfile.TemporaryDirectory() as directory,
        valkey_server(Path(directory), free_port()) as url,
    ):
        for _ in range(ROUNDS):
            for name, start in rows.items():
                results[name].append(asyncio.run(events_a_second(url, partial(start, url))))
    reference, one, two = (median(values) for values in results.values())
    table = Table("", "events/s", "", title=f"delivery and reward, {os.cpu_count()} cores")
    names = list(rows)
    table.add_row(names[0], f"{reference:,.0f}", "1.00")
    table.add_row(
        names[1], f"{one:,.0f} (bar {BAR_EVENTS:,})", f"{one / reference:.2f} (bar {BAR_RATIO})"
    )
    cores = "" if (os.cpu_count() or 1) > 2 else "; two services and the server share 2 cores"
    table.add_row(names[2], f"{two:,.0f}", f"{two / one:.2f} of one (bar {BAR_TWO}{cores})")
    Console().print(table)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(same_work(sys.argv[2]))
    else:
        main()
