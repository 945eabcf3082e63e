"""The result of one check, and the events of a stream."""

from typing import Any, NamedTuple

from redis.asyncio import Redis

from ratchet.contract import Stream
from ratchet.delivery import DATA_FIELD


class Check(NamedTuple):
    what: str
    holds: bool
    observed: str


async def events_on(redis: Redis, *streams: Stream) -> list[Any]:
    return [
        stream.adapter.validate_json(fields[DATA_FIELD.encode()])
        for stream in streams
        for _, fields in await redis.xrange(stream.key)
    ]


async def nothing_waits(redis: Redis, *streams: Stream) -> Check:
    pending = dead = 0
    for stream in streams:
        if await redis.exists(stream.key):
            pending += sum(group["pending"] for group in await redis.xinfo_groups(stream.key))
        dead += await redis.xlen(stream.dead_key)
    return Check(
        "every message is acknowledged and none is dead",
        pending == dead == 0,
        f"{pending} pending, {dead} dead",
    )
