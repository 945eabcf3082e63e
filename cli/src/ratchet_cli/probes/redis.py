"""What Redis says of itself; where CONFIG is not allowed, of what INFO tells."""

from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from ratchet_cli.doctor.redis import RedisFacts


async def probe(redis: Redis, place: str) -> RedisFacts:
    """Raises redis-py's errors."""
    client: Any = redis
    info = await client.info()
    try:
        fsync = (await client.config_get("appendfsync")).get("appendfsync")
    except ResponseError:
        fsync = None
    valkey = info.get("valkey_version")
    return RedisFacts(
        place=place,
        product="valkey" if valkey else "redis",
        version=str(valkey or info["redis_version"]),
        append_only=bool(info["aof_enabled"]),
        append_failed=info.get("aof_last_write_status", "ok") != "ok",
        fsync=fsync,
        policy=str(info["maxmemory_policy"]),
        used=int(info["used_memory"]),
        most=int(info["maxmemory"]),
    )
