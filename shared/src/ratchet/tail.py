"""Follow streams from the beginning without a consumer group: look, and change nothing."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from redis.asyncio import Redis

from ratchet.delivery.entry import unwrap
from ratchet.events.base import Event
from ratchet.publisher import DATA_FIELD
from ratchet.streams import Stream

_BLOCK_MS = 500
_COUNT = 500


async def follow(redis: Redis, streams: Sequence[Stream]) -> AsyncIterator[Event | None]:
    """Yield every valid event of `streams`, old ones first; None when nothing new came in time."""
    by_key = {stream.key: stream for stream in streams}
    positions: dict[Any, Any] = dict.fromkeys(by_key, "0")
    while True:
        answer: Any = await redis.xread(positions, count=_COUNT, block=_BLOCK_MS)
        for key, entries in answer or ():
            stream = by_key[key.decode()]
            for entry_id, fields in entries:
                positions[stream.key] = entry_id
                payload = fields.get(DATA_FIELD.encode())
                if payload is not None:
                    try:
                        yield stream.adapter.validate_json(unwrap(payload))
                    except ValueError:
                        continue
        yield None
