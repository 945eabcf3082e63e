"""Determines where the history of each stream ends."""

import asyncio
from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ratchet.contract import BEGINNING, STREAMS, EntryId, Stream


async def last_entries(redis: Redis, store: ArchiveStore) -> dict[Stream, EntryId]:
    """The last entry of each stream and its archived files, `BEGINNING` if there is none."""
    client: Any = redis
    ends = {}
    for stream in STREAMS:
        last = await client.xrevrange(stream.key, count=1)
        ends[stream] = EntryId.parse(last[0][0].decode()) if last else BEGINNING
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
