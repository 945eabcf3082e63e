"""The history of a stream: archived rows, then those still on the stream, and where it ends."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.archive.stream_rows import last_of, rows_after
from ledger.domain.archive.archive_file import ArchiveFile, ArchiveRow
from ratchet.contract import BEGINNING, STREAMS, EntryId, Stream

_PAGE = 2_000


async def history(
    redis: Redis, store: ArchiveStore, stream: Stream, end: EntryId
) -> AsyncIterator[ArchiveRow]:
    """Every row up to `end`, once; raises `CorruptArchive` with the path of a damaged file."""
    at = BEGINNING
    while at < end:
        if (file := await _archived_after(store, stream, at)) is not None:
            async for row in rows_after(redis, stream, at, before=file.first):
                yield row
            for row in await asyncio.to_thread(store.read, file):
                if at < row.entry_id <= end:
                    yield row
            at = file.last
            continue
        page = [row async for row in _page(redis, stream, at, end)]
        # The archivist may run meanwhile. A page counts only if no later file existed once it was
        # read: only then nothing of it can have been trimmed before.
        if await _archived_after(store, stream, at) is not None:
            continue
        for row in page:
            yield row
        if len(page) < _PAGE:
            return
        at = page[-1].entry_id


async def _archived_after(store: ArchiveStore, stream: Stream, at: EntryId) -> ArchiveFile | None:
    files = await asyncio.to_thread(store.files, stream.name)
    return next((file for file in files if file.last > at), None)


async def _page(
    redis: Redis, stream: Stream, at: EntryId, end: EntryId
) -> AsyncIterator[ArchiveRow]:
    count = 0
    async for row in rows_after(redis, stream, at, before=end.next):
        yield row
        count += 1
        if count == _PAGE:
            return


async def last_entries(redis: Redis, store: ArchiveStore) -> dict[Stream, EntryId]:
    """The last entry of each stream and its archived files, `BEGINNING` if there is none."""
    ends = {stream: await last_of(redis, stream) for stream in STREAMS}
    return await with_archived(store, ends)


async def with_archived(
    store: ArchiveStore, ends: Mapping[Stream, EntryId]
) -> dict[Stream, EntryId]:
    """The later of `ends` and the last archived entry: a server that was lost has no entries."""
    latest = {}
    for stream, end in ends.items():
        files = await asyncio.to_thread(store.files, stream.name)
        latest[stream] = max([end, *(file.last for file in files)])
    return latest
