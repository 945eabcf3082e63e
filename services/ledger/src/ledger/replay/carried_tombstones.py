"""Copies the tombstones of erased questions to the server of a replay."""

from typing import Any

from redis.asyncio import Redis

from ratchet.storage import SALT_KEY, TOMBSTONE

_AT_ONCE = 1000


async def carry_tombstones(redis: Redis, into: Redis) -> None:
    """Copy the tombstones and the salt to another server."""
    client: Any = redis
    keys = [key async for key in client.scan_iter(f"{TOMBSTONE}*", count=_AT_ONCE, _type="string")]
    for at in range(0, len(keys), _AT_ONCE):
        await into.mset(dict.fromkeys(keys[at : at + _AT_ONCE], b"1"))
    salt = await client.get(SALT_KEY)
    if salt is not None:
        await into.set(SALT_KEY, salt)
