"""Publish events from outside a handler: durable when the call returns."""

from collections.abc import Sequence, Set
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import WatchError

from ratchet.contract import Event, stream_of
from ratchet.delivery.batched_append import DATA_FIELD as DATA_FIELD
from ratchet.delivery.batched_append import Appends
from ratchet.delivery.idempotency import AlreadyPublished, Receipt
from ratchet.telemetry import carrying

_PUBLISHED = "ratchet:published:"
_PUBLISHED_TTL_S = 30 * 86_400


def entry_of(event: Event) -> tuple[str, dict[str, bytes]]:
    """The stream key and the fields of `event` on the wire."""
    return stream_of(event).key, {DATA_FIELD: data_of(event)}


def data_of(event: Event) -> bytes:
    """The JSON of `event`, which carries the trace context of the work at hand."""
    event = carrying(event)
    return event.__pydantic_serializer__.to_json(event)


class Publisher:
    """Raises redis-py's errors as they are; on a full server nothing is published."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis
        self._appends = Appends(redis)

    async def publish(
        self,
        events: Sequence[Event],
        named: Set[str] = frozenset(),
        receipt: Receipt | None = None,
    ) -> tuple[Event, ...]:
        """Append `events` in one transaction, all or none; returns those that were new.

        Of an id in `named`, only the first event that ever bears it is new. Raises
        `AlreadyPublished` where there is a receipt already.
        """
        if not named and receipt is None:
            await self._appends.append([(stream_of(e).key, data_of(e)) for e in events])
            return tuple(events)
        async with self._redis.pipeline(transaction=True) as pipe:
            while True:
                known = await self._known(pipe, named, receipt)
                new: list[Event] = []
                for event in events:
                    if event.event_id not in known:
                        new.append(event)
                        known |= named & {event.event_id}
                if not new and receipt is None:
                    return ()
                pipe.multi()
                for event in new:
                    pipe.xadd(*entry_of(event))
                    if event.event_id in named:
                        pipe.set(_PUBLISHED + event.event_id, b"1", ex=_PUBLISHED_TTL_S)
                if receipt is not None:
                    pipe.set(receipt.key, receipt.content(new), ex=receipt.ttl_s)
                try:
                    await pipe.execute()
                except WatchError:
                    continue
                return tuple(new)

    async def publish_once(self, event: Event) -> bool:
        """Append `event` unless its id was published before; says whether it was new."""
        return bool(await self.publish([event], named={event.event_id}))

    async def _known(self, pipe: Any, named: Set[str], receipt: Receipt | None) -> set[str]:
        """Those of `named` that were published before; from here on all of them are watched."""
        ids = list(named)
        markers = [_PUBLISHED + event_id for event_id in ids]
        watched = [*markers, *([receipt.key] if receipt else [])]
        if not watched:
            return set()
        await pipe.watch(*watched)
        held = await pipe.mget(watched)
        if receipt is not None and held[-1] is not None:
            raise AlreadyPublished(held[-1])
        return {event_id for event_id, mark in zip(ids, held, strict=False) if mark is not None}
