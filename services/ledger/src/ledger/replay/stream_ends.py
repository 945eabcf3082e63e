"""Where the history of each stream ends now."""

import asyncio
from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ratchet.contract import BEGINNING, STREAMS, EntryId, Stream


async def last_entries(redis: Redis, store: ArchiveStore) -> dict[Stream, EntryId]:
    """The last entry of each stream and its archived files; `BEGINNING` where there is none."""
    client: Any = redis
    found = {}
    for stream in STREAMS:
        last = await client.xrevrange(stream.key, count=1)
        found[stream] = EntryId.parse(last[0][0].decode()) if last else BEGINNING
    return await with_archived(store, found)


async def with_archived(
    store: ArchiveStore, ends: Mapping[Stream, EntryId]
) -> dict[Stream, EntryId]:
    """`ends`, or the last archived entry where it is behind: a stream may have lost its own."""
    found = {}
    for stream, end in ends.items():
        files = await asyncio.to_thread(store.files, stream.name)
        found[stream] = max([end, *(file.last for file in files)])
    return found
