"""Reads how far the groups of a stream have come."""

from collections.abc import Iterable
from typing import Any

from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ratchet.contract import EntryId, GroupPosition, Stream

_TIMEOUT_S = 5.0


async def group_positions(redis: Redis, stream: Stream) -> list[GroupPosition]:
    """Every group of `stream`, declared or not; none if the stream does not exist.

    `last_delivered` is read before the pending entries: an entry that is delivered in between
    comes after it, so it never counts as finished. Raises redis-py's errors.
    """
    client: Any = redis
    if not await client.exists(stream.key):
        return []
    return [
        await _position(client, stream, group) for group in await client.xinfo_groups(stream.key)
    ]


def has_read(redis_url: str, streams: Iterable[Stream], group: str) -> bool:
    """Whether `group` has read of one of `streams`; False while Redis does not answer.

    Blocks: for use before a service starts.
    """
    try:
        with BlockingRedis.from_url(redis_url, socket_timeout=_TIMEOUT_S) as redis:
            for stream in streams:
                found: Any = redis.xinfo_groups(stream.key) if redis.exists(stream.key) else ()
                for one in found:
                    if one["name"] == group.encode() and one["last-delivered-id"] != b"0-0":
                        return True
    except (RedisError, OSError):
        return False
    return False


async def has_finished(
    redis: Redis, stream: Stream, position: GroupPosition, entry_id: EntryId
) -> bool:
    """Whether the group received the entry and acknowledged it."""
    if entry_id > position.last_delivered:
        return False
    client: Any = redis
    pending = await client.xpending_range(
        stream.key, position.group, str(entry_id), str(entry_id), 1
    )
    return not pending


async def lacks(redis: Redis, stream: Stream, entry_id: EntryId) -> bool:
    """Whether `entry_id`, which was delivered, is neither on the stream nor trimmed nor deleted."""
    client: Any = redis
    if await client.xrange(stream.key, str(entry_id), str(entry_id), count=1):
        return False
    if not await client.exists(stream.key):
        return True
    about = await client.xinfo_stream(stream.key)
    if EntryId.parse(about["last-generated-id"].decode()) < entry_id:
        return True
    if EntryId.parse(about["max-deleted-entry-id"].decode()) >= entry_id:
        return False
    first = first_of(about)
    return first is not None and first < entry_id


def first_of(about: Any) -> EntryId | None:
    """The first entry in an answer of XINFO STREAM."""
    first = about["first-entry"]
    return EntryId.parse(first[0].decode()) if first else None


async def _position(client: Any, stream: Stream, group: dict[str, Any]) -> GroupPosition:
    name = group["name"].decode()
    oldest = await client.xpending_range(stream.key, name, "-", "+", 1) if group["pending"] else []
    return GroupPosition(
        group=name,
        last_delivered=EntryId.parse(group["last-delivered-id"].decode()),
        oldest_pending=EntryId.parse(oldest[0]["message_id"].decode()) if oldest else None,
        pending=int(group["pending"]),
        lag=group.get("lag"),
        idle_ms=int(oldest[0]["time_since_delivered"]) if oldest else None,
    )
