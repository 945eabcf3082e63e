"""Whether Redis has memory left, what takes it, and which command frees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from ratchet.contract import STREAMS
from ratchet.service import RedisFacts
from ratchet_cli.doctor.check import Check, fail, ok, warn
from ratchet_cli.doctor.groups import StreamFacts
from ratchet_cli.embedded.memory_limit import memory_of_machine
from ratchet_cli.formatting import GIB, byte_size

NAME = "redis memory"
_TIGHT, _FULL = 0.75, 0.95
_NOTABLE = 0.02
"""The share of the used memory below which freeing a part of it does not help."""


@dataclass(frozen=True)
class MemoryUse:
    """Bytes. `streams` and `dead` (dead letters) are by the name of the stream."""

    used: int
    maximum: int
    streams: Mapping[str, int]
    dead: Mapping[str, int]
    embedded: bool


async def probe(redis: Redis, facts: RedisFacts, embedded: bool) -> MemoryUse:
    """Raises redis-py's errors."""
    client: Any = redis
    streams = {one.name: await client.memory_usage(one.key) or 0 for one in STREAMS}
    dead = {one.name: await client.memory_usage(one.dead_key) or 0 for one in STREAMS}
    return MemoryUse(facts.used, facts.maximum, streams, dead, embedded)


def judge(use: MemoryUse, streams: Sequence[StreamFacts]) -> Check:
    if not use.maximum:
        return warn(
            NAME,
            f"{byte_size(use.used)} used and no maxmemory: the kernel kills a server that grows",
            "`redis-cli CONFIG SET maxmemory 1gb` or what the machine can spare, and write it into "
            "the server's configuration file: CONFIG SET lasts until a restart",
        )
    share = use.used / use.maximum
    finding = f"{byte_size(use.used)} of {byte_size(use.maximum)} used, {share:.0%}"
    if share < _TIGHT:
        return ok(NAME, finding)
    finding = f"{finding}; {_largest(use)}"
    remedy = "; ".join([*_freeing(use, streams), _raising(use)])
    if share >= _FULL:
        return fail(NAME, f"{finding}; the intake answers 503 when it is full", remedy)
    return warn(NAME, finding, remedy)


def _largest(use: MemoryUse) -> str:
    sizes = {**use.streams, "dead letters": sum(use.dead.values())}
    sizes["state and the rest"] = max(0, use.used - sum(sizes.values()))
    largest = sorted(sizes.items(), key=lambda one: -one[1])[:3]
    return ", ".join(f"{name} {byte_size(size)}" for name, size in largest if size)


def _freeing(use: MemoryUse, streams: Sequence[StreamFacts]) -> list[str]:
    """The commands that free memory, each with how much."""
    found = []
    behind: dict[str, set[str]] = {}
    for stream in streams:
        if use.streams.get(stream.name, 0) < _NOTABLE * use.used:
            continue
        waiting = {group.group for group in stream.groups if group.lag or group.pending}
        for name in {*stream.missing, *waiting}:
            behind.setdefault(stream.services.get(name, name), set()).add(stream.name)
    for service, names in sorted(behind.items()):
        size = byte_size(sum(use.streams[name] for name in names))
        found.append(
            f"start {service}, which is behind: once it has read {', '.join(sorted(names))}, the "
            f"ledger archives and frees up to {size}"
        )
    freed = sum(use.streams.values())
    if not behind and freed >= _NOTABLE * use.used:
        found.append(f"start the ledger: its archive frees up to {byte_size(freed)} in a minute")
    if (dead := sum(use.dead.values())) >= _NOTABLE * use.used:
        found.append(f"`ratchet dead drop` frees {byte_size(dead)}")
    return found


def _raising(use: MemoryUse) -> str:
    if not use.embedded:
        return (
            f"`redis-cli CONFIG SET maxmemory {max(1, round(2 * use.maximum / GIB))}gb` gives it "
            "more until a restart, and its configuration file for good"
        )
    size = min(2 * use.maximum, memory_of_machine() // 2) >> 20 << 20
    if size <= use.maximum:
        return "it already has half of the machine's memory: add memory"
    more = byte_size(size - use.maximum)
    return f"`ratchet up --max-memory {size >> 20}mb` gives it {more} more"
