"""A backlog of large events does not take a consumer beyond its memory."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis

from ratchet.contract import FEEDBACK, Feedback, FeedbackReceived, utc_now
from ratchet.delivery import new_id
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port

HUGE, LARGE = 16 << 20, 64_000
MOST_MIB = {"reward": 512, "ledger": 768}
"""Of 1 GiB. The ledger archives meanwhile what is beyond the limit of the stream."""


async def backlog(redis: Redis) -> None:
    """Events from before the limit on items, and as many of the largest as make a batch."""
    lengths = [HUGE] * 24 + [LARGE] * 600
    for length in lengths:
        feedback = Feedback(query_id=f"q-{length}", evaluation_reasoning="x" * length)
        event = FeedbackReceived(event_id=new_id(), occurred_at=utc_now(), feedback=feedback)
        await redis.xadd(FEEDBACK.key, {"__data__": event.model_dump_json().encode()})


def peak_of(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    [peak] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(peak) / 1024


async def peak_mib(service: str, redis: Redis, url: str, data_dir: Path) -> float:
    """The peak memory of `service` until it has finished the stream of feedback."""
    environment = {
        **os.environ,
        "RATCHET_REDIS_URL": url,
        "RATCHET_DATA_DIR": str(data_dir),
        "RATCHET_PORT": str(free_port()),
        "RATCHET_RETRY_BASE_S": "0.5",
        "RATCHET_LOG_LEVEL": "error",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", service, env=environment)
    length = await redis.xlen(FEEDBACK.key)

    async def finished() -> bool:
        for group in await redis.xinfo_groups(FEEDBACK.key):
            if group["name"] == service.encode() and group["entries-read"] == length:
                return not group["pending"]
        return False

    try:
        await eventually(finished, 60)
        return peak_of(process.pid)
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize("service", ["reward", "ledger"])
async def test_a_backlog_of_large_events_fits_into_the_memory_of_a_service(
    redis: Redis, valkey_url: str, tmp_path: Path, service: str
):
    await backlog(redis)
    assert await peak_mib(service, redis, valkey_url, tmp_path) < MOST_MIB[service]


async def test_entries_of_a_dead_consumer_are_weighed_too(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    await backlog(redis)
    await redis.xgroup_create(FEEDBACK.key, "reward", id="0")
    await redis.xgroup_createconsumer(FEEDBACK.key, "reward", "dead")
    read = "redis.call('XREADGROUP', 'GROUP', 'reward', 'dead', 'STREAMS', KEYS[1], '>')"
    await redis.eval(read, 1, FEEDBACK.key)
    assert await peak_mib("reward", redis, valkey_url, tmp_path) < MOST_MIB["reward"]
