"""Rebuilds the ledger from archive and streams, to compare it or to restore its events."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.backends.database import open_for_reading, open_for_writing
from ledger.backends.migration import migrate, schema_problem
from ledger.backends.snapshot import open_snapshot
from ledger.backends.writer import SqlLedger
from ledger.domain.archive.archive_file import ArchiveRow
from ledger.domain.final_state import Difference
from ledger.replay.history import history, last_entries
from ratchet.contract import (
    BEGINNING,
    FEEDBACK_WINDOW_DAYS,
    STREAMS,
    Delivered,
    EntryId,
    Event,
    ForgetRequested,
    Stream,
    Unavailable,
)
from ratchet.delivery import group_positions, unwrap
from ratchet.storage import Tombstones, forgotten_among, query_ids_of

_BATCH = 500
_GROUP = "ledger"
_REMEDY = "Start `python -m ledger`, or pass --restore-ledger to rebuild the ledger."


class LedgerEvent(NamedTuple):
    """An event with its entry id and its payload."""

    entry_id: EntryId
    event: Event
    payload: bytes

    @property
    def delivered(self) -> Delivered[Event]:
        return Delivered(self.event, self.payload, self.entry_id)


async def ledger_events(
    system: Redis, store: ArchiveStore, ends: Mapping[Stream, EntryId]
) -> AsyncIterator[tuple[Stream, list[LedgerEvent]]]:
    """Batches of one stream after the other, without erasures and erased questions.

    Raises `CorruptArchive`, redis-py's errors and `OSError`.
    """
    tombstones = Tombstones(system)
    for stream in STREAMS:
        batch: list[LedgerEvent] = []
        async for row in history(system, store, stream, ends[stream]):
            batch += _event_in(stream, row)
            if len(batch) == _BATCH:
                yield stream, await _without_erased(tombstones, batch)
                batch = []
        yield stream, await _without_erased(tombstones, batch)


def _event_in(stream: Stream, row: ArchiveRow) -> list[LedgerEvent]:
    """The event of `row`; empty for an erasure, and for an entry that is a dead letter."""
    try:
        payload = unwrap(row.payload)
        event = stream.adapter.validate_json(payload)
    except ValueError:
        return []
    if isinstance(event, ForgetRequested):
        return []
    return [LedgerEvent(row.entry_id, event.not_after(row.entry_id.latest), payload)]


async def _without_erased(tombstones: Tombstones, batch: list[LedgerEvent]) -> list[LedgerEvent]:
    names = {name for each in batch for name in query_ids_of(each.event)}
    erased = await forgotten_among(tombstones, names)
    return [each for each in batch if erased.isdisjoint(query_ids_of(each.event))]


@dataclass(frozen=True)
class LedgerComparison:
    """Hashes and numbers of events of the ledger in service and of the rebuilt one.

    `waiting` events were published, but not yet in the ledger when its snapshot was taken.
    """

    original: str
    replayed: str
    events: tuple[int, int]
    waiting: int
    differences: list[Difference]


async def replay_ledger(
    system: Redis, store: ArchiveStore, url: str, window_days: int = FEEDBACK_WINDOW_DAYS
) -> LedgerComparison:
    """Compare a snapshot of the ledger at `url` with a ledger rebuilt from archive and streams.

    `window_days` is that of `SqlLedger`.
    Raises `Unavailable`, `CorruptArchive`, redis-py's errors and `OSError`.
    """
    # The position of the group is read before the snapshot. Events up to it must be in the
    # ledger; of later ones it may have any part, and the rebuilt ledger gets the same part.
    unfinished = await _unfinished(system)
    with open_snapshot(url) as original, TemporaryDirectory(prefix="ratchet-replay-") as folder:
        ends = await last_entries(system, store)
        rebuilt = f"sqlite:///{Path(folder) / 'ledger.db'}"
        waiting = 0
        with _opened(rebuilt, window_days) as ledger:
            async for stream, batch in ledger_events(system, store, ends):
                late = {e.event.event_id for e in batch if e.entry_id >= unfinished[stream]}
                missing = late - original.known(late)
                waiting += len(missing)
                ledger.write([e.delivered for e in batch if e.event.event_id not in missing])
        with open_snapshot(rebuilt) as replayed:
            hashes = original.content_hash, replayed.content_hash
            same = hashes[0] == hashes[1]
            return LedgerComparison(
                *hashes,
                events=(original.events, replayed.events),
                waiting=waiting,
                differences=[] if same else original.differences(replayed),
            )


async def restore_ledger(
    system: Redis, store: ArchiveStore, url: str, window_days: int = FEEDBACK_WINDOW_DAYS
) -> int:
    """Write to the ledger at `url` the events that it lacks; returns how many.

    The ledger service may run meanwhile. Raises as `replay_ledger`, and `WrongSchema`.
    """
    ends = await last_entries(system, store)
    added = 0
    with _opened(url, window_days) as ledger:
        async for _, batch in ledger_events(system, store, ends):
            # In a thread: the service runs this in its event loop.
            added += await asyncio.to_thread(ledger.write, [each.delivered for each in batch])
    return added


def ensure_readable(url: str) -> None:
    """Raise `Unavailable`, with the remedy, if this version cannot read the ledger."""
    engine = open_for_reading(url)
    try:
        problem = schema_problem(engine)
    except Unavailable as error:
        raise Unavailable(f"{error}. {_REMEDY}") from error
    finally:
        engine.dispose()
    if problem is not None:
        raise Unavailable(problem)


@contextmanager
def _opened(url: str, window_days: int) -> Iterator[SqlLedger]:
    engine = open_for_writing(url)
    try:
        migrate(engine, window_days)
        yield SqlLedger(engine, window_days)
    finally:
        engine.dispose()


async def _unfinished(system: Redis) -> Mapping[Stream, EntryId]:
    """The first entry of each stream that the ledger's group has not finished."""
    positions = dict.fromkeys(STREAMS, BEGINNING)
    for stream in STREAMS:
        for group in await group_positions(system, stream):
            if group.group == _GROUP:
                positions[stream] = group.needs
    return positions
