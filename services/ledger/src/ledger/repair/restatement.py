"""Has the trainer learn what reward stated with numbers that were counted before Redis went back.

The state of reward went back with Redis and counts the same revisions again. Of an example or an
answer the trainer keeps the highest one, which may be one that Redis lost.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

from redis.asyncio import Redis

from ledger.archive.stream_rows import rows_after
from ledger.backends.stream_ends import StreamEnds
from ledger.domain.latest_statements import LatestStatements, Numbered, RevisedSubject, subject_of
from ratchet.contract import (
    BEGINNING,
    EXAMPLES,
    REVISION_FLOOR_KEY,
    REWARDS,
    Example,
    Stream,
)
from ratchet.delivery import Publisher, unwrap

RESTATED = (REWARDS, EXAMPLES)
_PUT_BACK = "ratchet:repair:put-back"
_COUNTED_MEANWHILE = 1_000
_AT_ONCE = 1_000


async def note_put_back(redis: Redis, event_ids: Sequence[str]) -> None:
    """Keep the ids until `restate` has ended, so that a second run continues."""
    client: Any = redis
    for at in range(0, len(event_ids), _AT_ONCE):
        await client.sadd(_PUT_BACK, *event_ids[at : at + _AT_ONCE])


async def restate(redis: Redis, ends: StreamEnds) -> None:
    """Raise reward's counters, and publish its latest statements on what was put back.

    Raises redis-py's errors and `Unavailable`.
    """
    client: Any = redis
    put_back = {event_id.decode() for event_id in await client.smembers(_PUT_BACK)}
    if not put_back:
        return
    # Reward counts on until the floor is there: a batch that has read none is then repeated.
    highest = max(
        (await _latest_statements(redis, put_back)).highest,
        await asyncio.to_thread(ends.highest_revision),
    )
    floor = highest + _COUNTED_MEANWHILE
    await client.set(REVISION_FLOOR_KEY, floor)
    latest = await _latest_statements(redis, put_back)
    earlier = await asyncio.to_thread(_earlier, ends, latest.unstated, put_back)
    publisher = Publisher(redis)
    for event in latest.restated(floor, earlier):
        await publisher.publish_once(event)
    await client.delete(_PUT_BACK)


async def _latest_statements(redis: Redis, put_back: Collection[str]) -> LatestStatements:
    latest = LatestStatements(put_back)
    for stream in RESTATED:
        async for event in _calculated(redis, stream):
            latest.add(event)
    return latest


async def _calculated(redis: Redis, stream: Stream) -> AsyncIterator[Numbered]:
    """What reward put on the stream; imported examples have no cause."""
    async for row in rows_after(redis, stream, BEGINNING):
        try:
            event = stream.adapter.validate_json(unwrap(row.payload))
        except ValueError:
            continue
        if event.caused_by is not None:
            yield event


def _earlier(
    ends: StreamEnds, subjects: Collection[RevisedSubject], put_back: Collection[str]
) -> dict[RevisedSubject, Numbered]:
    """The latest statements that the ledger has, without what was put back."""
    examples = [subject.name for subject in subjects if subject.kind is Example]
    answers = [subject.name for subject in subjects if subject.kind is not Example]
    rows = [
        *((EXAMPLES, row) for row in ends.events_about(EXAMPLES.name, examples, "example_id")),
        *((REWARDS, row) for row in ends.events_about(REWARDS.name, answers)),
    ]
    events = [
        stream.adapter.validate_json(body) for stream, (_, body) in sorted(rows, key=_arrival)
    ]
    return {subject_of(event): event for event in events if event.event_id not in put_back}


def _arrival(row: tuple[Stream, tuple[int, str]]) -> int:
    return row[1][0]
