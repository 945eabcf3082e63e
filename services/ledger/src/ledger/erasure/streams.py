"""Erases a subject's entries: from streams, archive, dead letters and the server's files."""

import asyncio
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from ledger.archive.store import ArchiveStore
from ledger.archive.stream_rows import data_of, entries
from ledger.domain.erasure import Subject
from ledger.erasure.redaction import parsed, redact_file, redacted
from ratchet.contract import Stream
from ratchet.delivery import DATA_FIELD, published_key, seen_key

_POLL_S = 0.05
_DEAD = b"payload"


async def redact_stream(redis: Redis, stream: Stream, subject: Subject) -> int:
    """Delete the subject's entries; returns how many. Shared ones are appended again without it."""
    client: Any = redis
    count = 0
    async for entry_id, fields in entries(redis, stream.key):
        payload = data_of(fields)
        left = redacted(payload, subject)
        if left is payload:
            continue
        # An entry of a stream cannot be changed in place. Consumers know the copy by its event id
        # and do not handle it twice.
        async with client.pipeline(transaction=True) as pipe:
            if left is not None:
                pipe.xadd(stream.key, {DATA_FIELD: left})
            else:
                pipe.unlink(*_marks(stream, payload))
            pipe.xdel(stream.key, str(entry_id))
            await pipe.execute()
        count += 1
    return count


def _marks(stream: Stream, payload: bytes) -> list[str]:
    """The keys with the id of the event, which a client may have chosen."""
    event_id = str((parsed(payload) or {}).get("event_id"))
    return [published_key(event_id), *(seen_key(group, event_id) for group in stream.groups)]


async def redact_archive(
    redis: Redis, store: ArchiveStore, stream: Stream, subject: Subject
) -> int:
    """The number of archived rows erased or changed; raises `CorruptArchive` and `OSError`."""
    client: Any = redis
    count = 0
    for file in await asyncio.to_thread(store.files, stream.name):
        rows, left = await asyncio.to_thread(redact_file, store, file, subject)
        changed = len(rows) - len(left) + len(set(left) - set(rows))
        if not changed:
            continue
        kept = {row.entry_id for row in left}
        erased = [row.payload for row in rows if row.entry_id not in kept]
        # Before the file goes: nothing else knows the ids after a kill.
        if erased:
            await client.unlink(*(mark for payload in erased for mark in _marks(stream, payload)))
        await asyncio.to_thread(store.replace, file, left)
        count += changed
    return count


async def redact_dead_letters(redis: Redis, stream: Stream, subject: Subject) -> int:
    """Delete the subject's dead letters of `stream`; returns how many."""
    client: Any = redis
    count = 0
    async for entry_id, fields in entries(redis, stream.dead_key):
        payload = fields.get(_DEAD, b"")
        named = any(name.encode() in b"".join(fields.values()) for name in subject.names())
        if named or redacted(payload, subject) is not payload:
            count += await client.xdel(stream.dead_key, str(entry_id))
    return count


async def rewrite_files(redis: Redis, deadline_s: float) -> str:
    """Have the server rewrite its append-only file; returns the outcome for the receipt.

    Raises `TimeoutError` and redis-py's errors.
    """
    client: Any = redis
    if (await client.info("persistence"))["aof_enabled"] == 0:
        return "the server has no append-only file; its snapshots are its operator's"
    # Without the preamble the file consists of commands. The preamble is an image of the memory,
    # where XDEL only marks an entry: its bytes remain as long as the node of its neighbors does.
    await client.config_set("aof-use-rdb-preamble", "no")
    async with asyncio.timeout(deadline_s):
        await _until_written(client)
        try:
            await client.bgrewriteaof()
        except ResponseError:
            # The server started a rewrite of its own since: wait for it and request another.
            await _until_written(client)
            await client.bgrewriteaof()
        persistence = await _until_written(client)
    if persistence["aof_last_bgrewrite_status"] != "ok":
        raise ResponseError("The server could not rewrite its append-only file. Check its disk.")
    return "the append-only file was rewritten"


async def _until_written(client: Any) -> Any:
    while True:
        persistence = await client.info("persistence")
        if not persistence["aof_rewrite_in_progress"] and not persistence["aof_rewrite_scheduled"]:
            return persistence
        await asyncio.sleep(_POLL_S)
