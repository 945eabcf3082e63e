"""Corrects what was stored while the clock of Redis was ahead."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ledger.archive.filesystems import InvalidArchiveUrl
from ledger.archive.store import ArchiveStore, CorruptArchive
from ledger.archive.stream_rows import last_of
from ledger.backends.clock_rows import Arrival, ClockRows
from ledger.backends.database import open_for_writing
from ledger.backends.migration import schema_problem
from ledger.backends.stream_ends import StreamEnds
from ledger.domain.renumbering import renumbered
from ledger.repair.ahead_times import AheadTimes, LedgerTimes, Seconds, find_expired, find_in
from ledger.repair.clock_state import MOVED_KEY, clock_state, note
from ledger.repair.stream_copy import forget_ids, give_ids, given_ids
from ledger.repair.streams import REPAIR_ERRORS, LostEvent, NotRepaired, append
from ledger.settings import LedgerSettings
from ratchet.contract import FEEDBACK, STREAMS, EntryId, Stream
from ratchet.service import create_redis

CLOCK_ERRORS = (*REPAIR_ERRORS, RedisError, CorruptArchive, InvalidArchiveUrl)


async def find_ahead(settings: LedgerSettings, wall: Seconds = time.time) -> AheadTimes:
    """What a clock that was ahead left behind; raises `CLOCK_ERRORS`."""
    async with create_redis(settings) as redis:
        with _ledger(settings) as ledger:
            return await find_in(redis, ArchiveStore(settings.archive_place), ledger, wall)


async def repair_clock(
    settings: LedgerSettings, deadline_s: float, wall: Seconds = time.time
) -> AheadTimes:
    """Correct it; returns what was found. Raises `CLOCK_ERRORS`.

    Services may run. The reward service must, where facts are to be handled again.

    Entries keep their order and get times between the last right one and now. The events stay as
    they are: a time after the arrival of its entry counts as that arrival.
    """
    store = ArchiveStore(settings.archive_place)
    async with create_redis(settings) as redis:
        with _ledger(settings) as ledger:
            async with store.exclusive(redis):
                found = await find_in(redis, store, ledger, wall)
                for stream in STREAMS:
                    if stream.name in found.streams:
                        await _renumber(redis, store, stream, found)
            # Reward took feedback from the future for feedback long after the answer.
            feedback = await _correct_ledger(redis, ledger, found)
            expired = await find_expired(redis, ledger, found.now_ms)
            again = {each.event.event_id: each for each in (*feedback, *expired)}
            ordered = sorted(again.values(), key=lambda each: each.entry_id)
            await append(redis, ordered, deadline_s, again=True)
            await redis.delete(MOVED_KEY)
            await note(redis, await clock_state(redis))
    return replace(found, expired=expired)


@contextmanager
def _ledger(settings: LedgerSettings) -> Iterator[LedgerTimes]:
    engine = open_for_writing(settings.ledger_database)
    try:
        if problem := schema_problem(engine):
            raise NotRepaired(problem)
        yield LedgerTimes(ClockRows(engine, settings.reward_window_days), StreamEnds(engine))
    finally:
        engine.dispose()


async def _renumber(redis: Redis, store: ArchiveStore, stream: Stream, found: AheadTimes) -> None:
    ahead, now = found.streams[stream.name], EntryId(found.now_ms, 0)
    new = renumbered(ahead, found.shift_ms, found.now_ms)
    ids = dict(zip((entry.entry_id for entry in ahead.entries), new, strict=True))
    if await redis.exists(stream.key):
        await give_ids(redis, stream, EntryId(found.limit_ms, 1), now, list(ids.items()))
    for file in found.files:
        if file.stream == stream.name:
            rows = await asyncio.to_thread(store.read, file)
            moved = [row._replace(entry_id=ids.get(row.entry_id, row.entry_id)) for row in rows]
            await asyncio.to_thread(store.replace, file, moved)


async def _correct_ledger(redis: Redis, ledger: LedgerTimes, found: AheadTimes) -> list[LostEvent]:
    """Returns the feedback that was ahead, with the times that count."""
    rows, after = ledger.rows, EntryId(found.limit_ms, 0).latest
    arrivals = await asyncio.to_thread(rows.arrivals, after)
    ids: dict[Arrival, EntryId] = {}
    for stream in STREAMS:
        of_stream = [each.entry_id for each in arrivals if each.stream == stream.name]
        for old, new in (await given_ids(redis, stream, of_stream)).items():
            ids[Arrival(stream.name, old)] = new
    lasts = {stream.name: await last_of(redis, stream) for stream in STREAMS}
    now = EntryId(found.now_ms, 0)
    corrected = await asyncio.to_thread(rows.correct, after, ids, now, lasts)
    for stream in STREAMS:
        await forget_ids(redis, stream)
    return [
        LostEvent(
            each.entry_id,
            FEEDBACK,
            FEEDBACK.adapter.validate_json(each.body).not_after(each.entry_id.latest),
        )
        for each in corrected
        if each.stream == FEEDBACK.name
    ]
