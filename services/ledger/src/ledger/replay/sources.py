"""Reads the recorded input of a system, in the order of arrival: what a replay starts from."""

import heapq
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

from pydantic_core import from_json
from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.domain.archive.archive_file import ArchiveRow
from ledger.replay.history import history
from ratchet.contract import EXAMPLES, REWARDS, STREAMS, TRACE_REQUESTS, EntryId, Stream
from ratchet.delivery import unwrap

_RECALCULATED = (REWARDS, TRACE_REQUESTS)


class SourceEntry(NamedTuple):
    """One recorded entry and its stream."""

    stream: Stream
    row: ArchiveRow


async def source_entries(
    redis: Redis, store: ArchiveStore, ends: Mapping[Stream, EntryId]
) -> AsyncIterator[SourceEntry]:
    """Every entry up to `ends` that the replay does not recalculate."""
    # Imported examples come first. The replayed reward service appends to the same stream, and
    # Redis rejects an id below the last one.
    async for row in history(redis, store, EXAMPLES, ends[EXAMPLES]):
        if imported(row.payload):
            yield SourceEntry(EXAMPLES, row)
    others = [s for s in STREAMS if s is not EXAMPLES and s not in _RECALCULATED]
    rows = {stream: history(redis, store, stream, ends[stream]) for stream in others}
    heads: list[tuple[EntryId, int]] = []
    waiting: dict[int, ArchiveRow] = {}
    for number, stream in enumerate(others):
        await _advance(rows[stream], number, heads, waiting)
    while heads:
        _, number = heapq.heappop(heads)
        yield SourceEntry(others[number], waiting.pop(number))
        await _advance(rows[others[number]], number, heads, waiting)


async def _advance(
    rows: AsyncIterator[ArchiveRow],
    number: int,
    heads: list[tuple[EntryId, int]],
    waiting: dict[int, ArchiveRow],
) -> None:
    async for row in rows:
        waiting[number] = row
        heapq.heappush(heads, (row.entry_id, number))
        return


def imported(payload: bytes) -> bool:
    """Whether an example was imported; one by the reward service has a `caused_by`."""
    try:
        message = from_json(unwrap(payload))
    except ValueError:
        return True
    return not isinstance(message, dict) or message.get("caused_by") is None
