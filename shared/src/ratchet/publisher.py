"""Publish events from outside a handler: durable when the call returns."""

from collections.abc import Collection, Sequence
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

    async def publish(self, events: Sequence[Event], named: Collection[str] = ()) -> int:
        """Append `events` in one transaction: all or none.

        Of those whose ids are `named`, what was published before is left out; returns how many
        were.
        """
        markers = [_PUBLISHED + event_id for event_id in named]
        async with self._redis.pipeline(transaction=True) as pipe:
            while True:
                known = await self._known(pipe, named, markers)
                fresh: list[Event] = []
                for event in events:
                    if event.event_id not in known:
                        fresh.append(event)
                        if event.event_id in named:
                            known.add(event.event_id)
                pipe.multi()
                for event in fresh:
                    pipe.xadd(*entry_of(event))
                for marker in markers:
                    pipe.set(marker, b"1", ex=_PUBLISHED_TTL_S)
                try:
                    await pipe.execute()
                except WatchError:
                    continue
                return len(events) - len(fresh)

    async def publish_once(self, event: Event) -> bool:
        """Append `event` unless its id was published before; says whether it was new."""
        return await self.publish([event], named={event.event_id}) == 0

    async def _known(self, pipe: Any, named: Collection[str], markers: list[str]) -> set[str]:
        if not markers:
            return set()
        await pipe.watch(*markers)
        found = await pipe.mget(markers)
        return {event_id for event_id, mark in zip(named, found, strict=True) if mark is not None}
