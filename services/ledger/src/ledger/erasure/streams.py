"""Streams, their dead letters, and the server's own files."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from ledger.domain.erasure import Subject
from ledger.erasure.redaction import redacted
from ratchet.contract import Stream
from ratchet.delivery import DATA_FIELD

_PAGE = 500
_LOOK_S = 0.05
_DATA = DATA_FIELD.encode()
_DEAD = b"payload"


async def entries(redis: Redis, key: str) -> AsyncIterator[tuple[bytes, dict[bytes, bytes]]]:
    client: Any = redis
    after = "-"
    while True:
        page = await client.xrange(key, min=after, count=_PAGE)
        for entry_id, fields in page:
            yield entry_id, fields
        if len(page) < _PAGE:
            return
        after = f"({page[-1][0].decode()}"


async def redact_stream(redis: Redis, stream: Stream, subject: Subject) -> int:
    """Take out what bears a trace; what is told without it is told anew. Returns how many went."""
    client: Any = redis
    gone = 0
    async for entry_id, fields in entries(redis, stream.key):
        payload = fields.get(_DATA, b"\n".join(k + b"=" + v for k, v in fields.items()))
        left = redacted(payload, subject)
        if left is payload:
            continue
        async with client.pipeline(transaction=True) as pipe:
            if left is not None:
                pipe.xadd(stream.key, {DATA_FIELD: left})
            pipe.xdel(stream.key, entry_id)
            await pipe.execute()
        gone += 1
    return gone


async def redact_dead_letters(redis: Redis, stream: Stream, subject: Subject) -> int:
    """Take out every dead letter that bears a trace."""
    client: Any = redis
    gone = 0
    async for entry_id, fields in entries(redis, stream.dead_key):
        payload = fields.get(_DEAD, b"")
        named = any(name.encode() in b"".join(fields.values()) for name in subject.names())
        if named or redacted(payload, subject) is not payload:
            gone += await client.xdel(stream.dead_key, entry_id)
    return gone


async def rewrite_files(redis: Redis, deadline_s: float) -> str:
    """Have the server write its append-only file anew; returns what was done, in words.

    As commands, and not as an image of its memory: a deleted entry stays in that image as long
    as its neighbours. Raises `TimeoutError`, and redis-py's errors.
    """
    client: Any = redis
    if (await client.info("persistence"))["aof_enabled"] == 0:
        return "the server has no append-only file; its snapshots are its operator's"
    await client.config_set("aof-use-rdb-preamble", "no")
    async with asyncio.timeout(deadline_s):
        await _until_written(client)
        try:
            await client.bgrewriteaof()
        except ResponseError:
            await _until_written(client)
            await client.bgrewriteaof()
        told = await _until_written(client)
    if told["aof_last_bgrewrite_status"] != "ok":
        raise ResponseError("the server could not write its append-only file anew")
    return "the append-only file was written anew"


async def _until_written(client: Any) -> Any:
    while True:
        told = await client.info("persistence")
        if not told["aof_rewrite_in_progress"] and not told["aof_rewrite_scheduled"]:
            return told
        await asyncio.sleep(_LOOK_S)
