"""Where the groups of a stream stand: what they were given, and what is in their hands."""

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from ratchet.contract import Stream


@dataclass(frozen=True)
class Standing:
    """`lag` counts the entries not read yet, None where the server cannot tell.

    `oldest_ms` is when the oldest entry in hand was written, by the clock of Redis; `idle_ms` is
    how long ago it was last given to a consumer or held by one. None where `pending` is 0.
    """

    group: str
    last_id: str
    lag: int | None
    pending: int
    oldest_ms: int | None = None
    idle_ms: int | None = None


async def standings(redis: Redis, stream: Stream) -> list[Standing]:
    """One for each group; none where the stream is not there. Raises redis-py's errors."""
    client: Any = redis
    if not await client.exists(stream.key):
        return []
    return [
        await _standing(client, stream, group) for group in await client.xinfo_groups(stream.key)
    ]


async def has_settled(redis: Redis, stream: Stream, standing: Standing, entry_id: str) -> bool:
    """Whether the group was given the entry and it is in its hands no longer."""
    if order_of(entry_id) > order_of(standing.last_id):
        return False
    client: Any = redis
    return not await client.xpending_range(stream.key, standing.group, entry_id, entry_id, 1)


def order_of(entry_id: str) -> tuple[int, int]:
    """What ids of entries are ordered by."""
    first, _, second = entry_id.partition("-")
    return int(first), int(second)


async def _standing(client: Any, stream: Stream, group: dict[str, Any]) -> Standing:
    name = group["name"].decode()
    known = Standing(
        name, group["last-delivered-id"].decode(), group.get("lag"), int(group["pending"])
    )
    oldest = await client.xpending_range(stream.key, name, "-", "+", 1) if known.pending else []
    if not oldest:
        return known
    [first] = oldest
    return Standing(
        known.group,
        known.last_id,
        known.lag,
        known.pending,
        order_of(first["message_id"].decode())[0],
        int(first["time_since_delivered"]),
    )
