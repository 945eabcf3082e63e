"""Reads the events of archive and streams in batches, as the ledger service receives them."""

from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.domain.archive.archive_file import ArchiveRow
from ledger.replay.history import history
from ratchet.contract import STREAMS, Delivered, EntryId, Event, ForgetRequested, Stream
from ratchet.delivery import unwrap
from ratchet.storage import Tombstones, forgotten_among, query_ids_of

_BATCH = 500


class LedgerEvent(NamedTuple):
    """An event with its entry id and its payload."""

    entry_id: EntryId
    event: Event
    payload: bytes

    @property
    def delivered(self) -> Delivered[Event]:
        return Delivered(self.event, self.payload)


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
    return [] if isinstance(event, ForgetRequested) else [LedgerEvent(row.entry_id, event, payload)]


async def _without_erased(tombstones: Tombstones, batch: list[LedgerEvent]) -> list[LedgerEvent]:
    names = {name for each in batch for name in query_ids_of(each.event)}
    erased = await forgotten_among(tombstones, names)
    return [each for each in batch if erased.isdisjoint(query_ids_of(each.event))]
