"""Reads streams without a consumer group."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from redis.asyncio import Redis

from ratchet.contract import EntryId, Event, Stream
from ratchet.delivery.entry import unwrap
from ratchet.delivery.publisher import DATA_FIELD

E = TypeVar("E", bound=Event)
_BLOCK_MS = 500
_COUNT = 500


class StreamedEvent(NamedTuple, Generic[E]):
    """A valid event and the id of its entry."""

    event: E
    entry_id: str


async def newest(
    redis: Redis, stream: Stream, types: tuple[type[E], ...]
) -> StreamedEvent[E] | None:
    """The last valid event of one of `types`, read from the end; None if there is none."""
    client: Any = redis
    end = "+"
    while page := await client.xrevrange(stream.key, max=end, count=_COUNT):
        for entry_id, fields in page:
            event = _event(stream, fields)
            if isinstance(event, types):
                return StreamedEvent(event, entry_id.decode())
        end = "(" + page[-1][0].decode()
    return None


async def follow(
    redis: Redis, streams: Sequence[Stream], after: str = "0"
) -> AsyncIterator[Event | None]:
    """Yield every valid event of `streams` after the entry id `after`, oldest first.

    Yields None when no event arrived within half a second. A stream whose entries got lower ids,
    because the clock that numbered them was ahead, begins again.
    """
    by_key = {stream.key: stream for stream in streams}
    positions: dict[Any, Any] = dict.fromkeys(by_key, after)
    while True:
        answer: Any = await redis.xread(positions, count=_COUNT, block=_BLOCK_MS)
        if not answer:
            await _begin_again(redis, positions)
        for key, entries in answer or ():
            stream = by_key[key.decode()]
            for entry_id, fields in entries:
                positions[stream.key] = entry_id.decode()
                event = _event(stream, fields)
                if event is not None:
                    yield event
        yield None


async def _begin_again(redis: Any, positions: dict[Any, Any]) -> None:
    """Reset each position that the server has not reached."""
    for key, position in positions.items():
        if position != "0" and await redis.exists(key):
            last = (await redis.xinfo_stream(key))["last-generated-id"].decode()
            if EntryId.parse(last) < EntryId.parse(position):
                positions[key] = "0"


def _event(stream: Stream, fields: Mapping[bytes, bytes]) -> Event | None:
    payload = fields.get(DATA_FIELD.encode())
    if payload is None:
        return None
    try:
        event: Event = stream.adapter.validate_json(unwrap(payload))
    except ValueError:
        return None
    return event
