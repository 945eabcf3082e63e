"""Publish events from outside a handler: durable when the call returns."""

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import WatchError
from uuid_utils import uuid7

from ratchet.contract import Event, stream_of
from ratchet.delivery.batched_append import DATA_FIELD as DATA_FIELD
from ratchet.delivery.batched_append import Appends
from ratchet.delivery.idempotency import RECORD_TTL_S, AlreadyPublished, IdempotencyRecord
from ratchet.telemetry import current_trace

_PUBLISHED = "ratchet:published:"
_PUBLISHED_TTL_S = 30 * 86_400


def new_id() -> str:
    """A UUIDv7: the id of a new event, ordered by time."""
    return str(uuid7())


def entry_of(event: Event) -> tuple[str, dict[str, bytes]]:
    """The stream key and the fields of `event` on the wire."""
    return stream_of(event).key, {DATA_FIELD: data_of(event)}


def data_of(event: Event) -> bytes:
    """The JSON of `event`, with the current trace context unless it has one.

    The event's id and content hash do not depend on the context.
    """
    if not event.trace and (trace := current_trace()):
        event = event.model_copy(update={"trace": trace})
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
        record: IdempotencyRecord | None = None,
        data: Sequence[bytes] | None = None,
    ) -> tuple[Event, ...]:
        """Append `events` in one transaction, all or none; returns those that were new.

        Of an id in `named`, only the first event that ever bears it is new. `record` is stored in
        the same transaction; raises `AlreadyPublished` if there is one under its key. `data` is
        the JSON of each event where the caller has it.
        """
        entries = [
            (stream_of(event).key, content)
            for event, content in zip(events, data or map(data_of, events), strict=True)
        ]
        if not named and record is None:
            await self._appends.append(entries)
            return tuple(events)
        async with self._redis.pipeline(transaction=True) as pipe:
            while True:
                known = await self._known(pipe, named, record)
                new: list[tuple[Event, tuple[str, bytes]]] = []
                repeated: list[str] = []
                for event, entry in zip(events, entries, strict=True):
                    if event.event_id in known:
                        repeated.append(event.event_id)
                    else:
                        new.append((event, entry))
                        known |= named & {event.event_id}
                if not new and record is None:
                    return ()
                pipe.multi()
                for event, (stream, content) in new:
                    pipe.xadd(stream, {DATA_FIELD: content})
                    if event.event_id in named:
                        pipe.set(_PUBLISHED + event.event_id, b"1", ex=_PUBLISHED_TTL_S)
                if record is not None:
                    stored = replace(record, repeated=tuple(repeated))
                    pipe.set(record.key, stored.encode(), ex=RECORD_TTL_S)
                # The markers and the record's key are watched since `_known`: if another process
                # published one of the ids meanwhile, EXEC does nothing and the check is repeated.
                try:
                    await pipe.execute()
                except WatchError:
                    continue
                return tuple(event for event, _ in new)

    async def publish_once(self, event: Event) -> bool:
        """Append `event` unless its id was published before; returns whether it was new."""
        return bool(await self.publish([event], named={event.event_id}))

    async def _known(
        self, pipe: Any, named: Set[str], record: IdempotencyRecord | None
    ) -> set[str]:
        """The ids of `named` that were published before; all of them are watched from here on."""
        ids = list(named)
        markers = [_PUBLISHED + event_id for event_id in ids]
        watched = [*markers, *([record.key] if record else [])]
        if not watched:
            return set()
        await pipe.watch(*watched)
        values = await pipe.mget(watched)
        if record is not None and values[-1] is not None:
            raise AlreadyPublished(IdempotencyRecord.decode(record.key, values[-1]))
        return {event_id for event_id, mark in zip(ids, values, strict=False) if mark is not None}
