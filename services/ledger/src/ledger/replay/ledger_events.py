"""What archive and streams tell a ledger, a batch of one stream after the other."""

from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.domain.archive.archive_file import Row
from ledger.replay.history import history
from ratchet.contract import STREAMS, Delivered, EntryId, Event, ForgetRequested, Stream
from ratchet.delivery import unwrap
from ratchet.storage import Tombstones, forgotten_among, query_ids_of

_BATCH = 500


class Told(NamedTuple):
    entry_id: EntryId
    event: Event
    payload: bytes

    @property
    def delivered(self) -> Delivered[Event]:
        return Delivered(self.event, self.payload)


async def told(
    system: Redis, store: ArchiveStore, ends: Mapping[Stream, EntryId]
) -> AsyncIterator[tuple[Stream, list[Told]]]:
    """As a ledger takes them: no request to forget, and nothing about a forgotten question.

    Raises `Corrupt`, redis-py's errors and `OSError`.
    """
    tombstones = Tombstones(system)
    for stream in STREAMS:
        batch: list[Told] = []
        async for row in history(system, store, stream, ends[stream]):
            batch += _event_in(stream, row)
            if len(batch) == _BATCH:
                yield stream, await _without_forgotten(tombstones, batch)
                batch = []
        yield stream, await _without_forgotten(tombstones, batch)


def _event_in(stream: Stream, row: Row) -> list[Told]:
    """None in an entry that went to the dead stream."""
    try:
        payload = unwrap(row.payload)
        event = stream.adapter.validate_json(payload)
    except ValueError:
        return []
    return [] if isinstance(event, ForgetRequested) else [Told(row.entry_id, event, payload)]


async def _without_forgotten(tombstones: Tombstones, batch: list[Told]) -> list[Told]:
    names = {name for each in batch for name in query_ids_of(each.event)}
    gone = await forgotten_among(tombstones, names)
    return [each for each in batch if gone.isdisjoint(query_ids_of(each.event))]
