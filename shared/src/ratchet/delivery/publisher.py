"""Publish events from outside a handler: durable when the call returns."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import WatchError
from uuid_utils import uuid7

from ratchet.contract import Event, stream_of
from ratchet.delivery.batched_append import DATA_FIELD as DATA_FIELD
from ratchet.delivery.batched_append import Appends, WrittenCheck
from ratchet.delivery.idempotency import (
    RECORD_TTL_S,
    AlreadyPublished,
    IdempotencyRecord,
    PublishedMark,
)
from ratchet.telemetry import current_trace

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
    """Raises redis-py's errors as they are; on a full server nothing is published.

    After `NotWritten` the events are in the server's memory and may become durable later.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis
        self._appends = Appends(redis)
        self._written = WrittenCheck(redis)

    async def publish(
        self,
        events: Sequence[Event],
        named: Set[str] = frozenset(),
        record: IdempotencyRecord | None = None,
        owner: str = "",
        data: Sequence[bytes] | None = None,
    ) -> tuple[Event, ...]:
        """Append `events` in one transaction, all or none; returns those that were new.

        Of an id in `named`, only the first event of a stream that `owner` ever published with it
        is new. If the id is another fact's (`PublishedMark`), the event is appended under a
        derived id; a service, which has no `owner`, keeps its own. `record` is stored in the same
        transaction; raises `AlreadyPublished` if there is one under its key. `data` is
        the JSON of each event where the caller has it.
        """
        entries = [
            (stream_of(event).key, content)
            for event, content in zip(events, data or map(data_of, events), strict=True)
        ]
        if not entries:
            return ()
        if not named and record is None:
            await self._appends.append(entries)
            return tuple(events)
        marks = {e.event_id: PublishedMark(e, owner) for e in reversed(events)}
        marks = {event_id: mark for event_id, mark in marks.items() if event_id in named}
        async with self._redis.pipeline(transaction=True) as pipe:
            while True:
                fresh, known = await self._fresh(pipe, marks, record)
                new: list[Event] = []
                repeated: list[str] = []
                pipe.multi()
                for event, (stream, content) in zip(events, entries, strict=True):
                    name = event.event_id
                    if name not in marks:
                        new.append(event)
                        pipe.xadd(stream, {DATA_FIELD: content})
                        last = stream
                    elif (mark := fresh.pop(name, None)) is not None:
                        new.append(event)
                        own = mark.event is event
                        pipe.xadd(stream, {DATA_FIELD: content if own else data_of(mark.event)})
                        pipe.set(mark.key, mark.encode(), ex=_PUBLISHED_TTL_S)
                        last = mark.key
                    else:
                        repeated.append(name)
                if not new and record is None:
                    await self._written.wait(known)
                    return ()
                if record is not None:
                    stored = replace(record, repeated=tuple(repeated))
                    pipe.set(record.key, stored.encode(), ex=RECORD_TTL_S)
                    last = record.key
                # The marks and the record's key are watched since `_fresh`: if another process
                # published one of the ids meanwhile, EXEC does nothing and the check is repeated.
                try:
                    answers = await pipe.execute()
                except WatchError:
                    continue
                entry_id = answers[-1] if isinstance(answers[-1], bytes) else None
                await self._written.wait([last], entry_id)
                return tuple(new)

    async def publish_once(self, event: Event) -> bool:
        """Append `event` unless its id was published before; returns whether it was new."""
        return bool(await self.publish([event], named={event.event_id}))

    async def _fresh(
        self, pipe: Any, marks: Mapping[str, PublishedMark], record: IdempotencyRecord | None
    ) -> tuple[dict[str, PublishedMark], list[str]]:
        """The marks to set by the event id that was chosen, and the keys of those that repeat.

        All are watched from here on.
        """
        keys = [*(mark.key for mark in marks.values()), *([record.key] if record else [])]
        values = await _watched(pipe, keys)
        if record is not None and (answer := values[record.key]) is not None:
            await self._written.wait([record.key])
            raise AlreadyPublished(IdempotencyRecord.decode(record.key, answer))
        fresh = {n: mark for n, mark in marks.items() if not mark.repeats(values[mark.key])}
        taken = {n: m.renamed() for n, m in fresh.items() if m.owner and values[m.key] is not None}
        values = await _watched(pipe, [mark.key for mark in taken.values()])
        for name, mark in taken.items():
            del fresh[name]
            if values[mark.key] is None:
                fresh[name] = mark
        keys = [taken.get(name, mark).key for name, mark in marks.items() if name not in fresh]
        return fresh, keys


async def _watched(pipe: Any, keys: Sequence[str]) -> dict[str, bytes | None]:
    if not keys:
        return {}
    await pipe.watch(*keys)
    return dict(zip(keys, await pipe.mget(keys), strict=True))
