"""Publish events from outside a handler: durable when the call returns."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import WatchError

from ratchet.events.base import Event
from ratchet.streams import stream_of

DATA_FIELD = "__data__"
_PUBLISHED = "ratchet:published:"
_PUBLISHED_TTL_S = 30 * 86_400


def entry_of(event: Event) -> tuple[str, dict[str, bytes]]:
    """The stream key and the fields of `event` on the wire."""
    return stream_of(event).key, {DATA_FIELD: event.model_dump_json().encode()}


class Publisher:
    """Raises redis-py's errors as they are; on a full server nothing is published."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis

    async def publish(self, events: Sequence[Event]) -> None:
        """Append `events` in one transaction: all or none."""
        async with self._redis.pipeline(transaction=True) as pipe:
            for event in events:
                pipe.xadd(*entry_of(event))
            await pipe.execute()

    async def publish_once(self, event: Event) -> bool:
        """Append `event` unless its id was published before; says whether it was new."""
        marker = _PUBLISHED + event.event_id
        async with self._redis.pipeline(transaction=True) as pipe:
            while True:
                await pipe.watch(marker)
                if await pipe.exists(marker):
                    return False
                pipe.multi()
                pipe.xadd(*entry_of(event))
                pipe.set(marker, b"1", ex=_PUBLISHED_TTL_S)
                try:
                    await pipe.execute()
                except WatchError:
                    continue
                return True
