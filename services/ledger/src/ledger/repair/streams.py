"""Puts back the events that Redis lost and the ledger has."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, NamedTuple

from pydantic_core import from_json
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ledger.archive.stream_rows import entries, last_of
from ledger.backends.database import open_for_writing
from ledger.backends.migration import WrongSchema, schema_problem
from ledger.backends.stream_ends import StreamEnds
from ledger.repair.restatement import RESTATED, note_put_back, restate
from ledger.repair.stream_watch import start_of
from ledger.settings import LedgerSettings
from ratchet.contract import (
    BEGINNING,
    CALLS,
    EXAMPLES,
    EXPERIENCES,
    FEEDBACK,
    RESTORED_KEY,
    REWARDS,
    STREAMS,
    TRACE_REQUESTS,
    EntryId,
    Event,
    Stream,
    Unavailable,
)
from ratchet.delivery import DATA_FIELD, Publisher, group_positions, has_finished, seen_key, unwrap
from ratchet.service import create_redis

_DATA = DATA_FIELD.encode()
FACTS = (EXPERIENCES, FEEDBACK)
INPUT = (*FACTS, CALLS)
"""The streams that the reward service calculates from; each fact is about one answer."""
REWARD = "reward"
_POLL_S = 0.005


class NotRepaired(RuntimeError):
    """The message has the reason and the remedy; a second run continues."""


REPAIR_ERRORS = (NotRepaired, WrongSchema, Unavailable, RedisError, OSError)


class LostEvent(NamedTuple):
    """An event, with the id of the entry that is missing."""

    entry_id: EntryId
    stream: Stream
    event: Event

    @property
    def is_calculated(self) -> bool:
        """Whether the reward service made the event of facts."""
        return self.stream in (REWARDS, TRACE_REQUESTS) or (
            self.stream is EXAMPLES and self.event.caused_by is not None
        )


async def restore_streams(settings: LedgerSettings, deadline_s: float) -> dict[str, int]:
    """Append what is missing, by stream; returns the numbers of events.

    Event ids stay the same, so that no service counts one twice. The reward service must run: it
    handles the facts again, in the order in which they arrived. Raises `REPAIR_ERRORS`.
    """
    engine = open_for_writing(settings.ledger_database)
    ends = StreamEnds(engine)
    try:
        if problem := schema_problem(engine):
            raise NotRepaired(problem)
        async with create_redis(settings) as redis:
            lost = await lost_events(redis, ends)
            # Reward calculates its events again, with the same ids where it takes the same way.
            # The others come first, so that what it calculates now is the last word on the stream.
            calculated = [each for each in lost if each.is_calculated]
            numbered = [each.event.event_id for each in calculated if each.stream in RESTATED]
            await note_put_back(redis, numbered)
            await append(redis, calculated, deadline_s)
            await append(redis, [each for each in lost if not each.is_calculated], deadline_s)
            await restate(redis, ends)
            lasts = {stream.name: await last_of(redis, stream) for stream in STREAMS}
            await asyncio.to_thread(ends.reset, lasts)
            client: Any = redis
            seconds, _ = await client.time()
            await redis.set(RESTORED_KEY, (seconds + 1) * 1000)
    finally:
        engine.dispose()
    counts = dict.fromkeys((each.stream.name for each in lost), 0)
    for each in lost:
        counts[each.stream.name] += 1
    return counts


async def lost_events(redis: Redis, ends: StreamEnds) -> list[LostEvent]:
    """The stored events that are missing, as they arrived."""
    lost: list[LostEvent] = []
    for stream in STREAMS:
        start = await start_of(redis, stream)
        there = {event_id async for event_id in _event_ids(redis, stream)}
        for entry_id, event_id, body in await asyncio.to_thread(
            ends.events_from, stream.name, start
        ):
            if event_id in there:
                continue
            event = stream.adapter.validate_json(body).not_after(entry_id.latest)
            if event.event_id in there:  # stored under another id: another stream has this one
                continue
            lost.append(LostEvent(entry_id, stream, event))
    return sorted(lost, key=lambda each: each.entry_id)


async def _event_ids(redis: Redis, stream: Stream) -> AsyncIterator[str]:
    async for _, fields in entries(redis, stream.key):
        with suppress(KeyError, ValueError):
            message = from_json(unwrap(fields[_DATA]))
            if isinstance(message, dict):
                yield str(message.get("event_id"))


async def append(
    redis: Redis, lost: list[LostEvent], deadline_s: float, *, again: bool = False
) -> None:
    """Append the events; those of another stream of input once reward has those before.

    Reward reads them side by side, and revisions are numbered in the order of the facts. An
    event that was published is appended only `again`. Raises `NotRepaired`.
    """
    publisher = Publisher(redis)
    until = time.monotonic() + deadline_s
    before: Stream | None = None
    for each in lost:
        if each.stream in INPUT:
            if before is not None and before != each.stream:
                await _finished(redis, before, until)
            before = each.stream
        if again:
            await redis.delete(seen_key(REWARD, each.event.event_id))
            await publisher.publish([each.event])
        else:
            await publisher.publish_once(each.event)
    if before is not None:
        for stream in INPUT:
            await _finished(redis, stream, until)


async def _finished(redis: Redis, stream: Stream, until: float) -> None:
    last = await last_of(redis, stream)
    while True:
        positions = {each.group: each for each in await group_positions(redis, stream)}
        position = positions.get(REWARD)
        if last == BEGINNING or (
            position is not None and await has_finished(redis, stream, position, last)
        ):
            return
        if time.monotonic() > until:
            raise NotRepaired(
                f"the reward service has not processed {stream.name}. Start it, then run "
                "the repair again."
            )
        await asyncio.sleep(_POLL_S)
