"""Sizes in memory in bytes: Redis and processes."""

from collections import Counter
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from ratchet.contract import STREAMS

PROBE = "sizing"
_KINDS = {
    "ratchet:reward:": "reward's state",
    "ratchet:seen:": "markers of what was handled",
    "ratchet:published:": "markers of what was published",
}
_PAGE = 1_000


async def used(redis: Any) -> int:
    return int((await redis.info("memory"))["used_memory"])


async def by_kind(redis: Any) -> tuple[Counter[str], Counter[str]]:
    """Bytes and counts (entries of a stream, other keys) by kind."""
    bytes_, count = Counter[str](), Counter[str]()
    streams = {stream.key: f"stream {stream.name}" for stream in STREAMS}
    keys = [key.decode() async for key in redis.scan_iter("ratchet:*", count=_PAGE)]
    for start in range(0, len(keys), _PAGE):
        some = keys[start : start + _PAGE]
        pipe = redis.pipeline(transaction=False)
        for key in some:
            pipe.memory_usage(key, samples=0)
        for key, size in zip(some, await pipe.execute(), strict=True):
            kind = streams.get(key) or next(
                (name for prefix, name in _KINDS.items() if key.startswith(prefix)), "other"
            )
            bytes_[kind] += size or 0
            count[kind] += await redis.xlen(key) if key in streams else 1
    return bytes_, count


async def of_a_pending_entry(redis: Redis) -> float:
    """Bytes of one entry pending in one more group."""
    client: Any = redis
    before, durations = await used(client), 0
    for stream in STREAMS:
        if not await client.xlen(stream.key):
            continue
        await client.xgroup_create(stream.key, PROBE, id="0")
        while results := await client.xreadgroup(PROBE, "1", {stream.key: ">"}, count=_PAGE):
            durations += len(results[0][1])
    after = await used(client)
    for stream in STREAMS:
        if await client.exists(stream.key):
            await client.xgroup_destroy(stream.key, PROBE)
    return (after - before) / durations


def resident(pid: int) -> tuple[int, int]:
    """The current and the peak memory of a process in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if " kB" in line}
    return sizes["VmRSS"], sizes["VmHWM"]
