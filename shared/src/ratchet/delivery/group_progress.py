"""How far each group of a stream has come: what it was given last, what it still holds."""

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from ratchet.contract import Stream


@dataclass(frozen=True)
class Progress:
    """Entry ids; `oldest_pending` is None where nothing is delivered and unacknowledged."""

    group: str
    last_delivered: str
    oldest_pending: str | None


async def progress(redis: Redis, stream: Stream) -> list[Progress]:
    """Every group of `stream`, declared or not; none where the stream is not there.

    What is delivered while this looks was behind `last_delivered` before: that is asked first,
    so an entry that a group still needs is never taken for one that it has finished.
    """
    client: Any = redis
    if not await client.exists(stream.key):
        return []
    found = []
    for group in await client.xinfo_groups(stream.key):
        name = group["name"].decode()
        pending = await client.xpending(stream.key, name)
        oldest = pending["min"]
        found.append(
            Progress(name, group["last-delivered-id"].decode(), oldest.decode() if oldest else None)
        )
    return found
