"""Reads one stream from its first entry: archived rows, then those still on the stream."""

import asyncio
from collections.abc import AsyncIterator

from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.archive.stream_rows import rows_after
from ledger.domain.archive.archive_file import ArchiveFile, ArchiveRow
from ratchet.contract import BEGINNING, EntryId, Stream

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
