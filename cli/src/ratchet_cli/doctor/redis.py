"""Whether Redis keeps acknowledged writes, evicts nothing, and has memory left."""

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from ratchet_cli.doctor.check import Check, fail, ok, skipped, warn
from ratchet_cli.doctor.versions import older
from ratchet_cli.formatting import byte_size

_OLDEST = "7.0"
"""The first whose XINFO GROUPS returns a group's lag; every Valkey does."""

_NAMES = ("redis", "redis version", "redis persistence", "redis eviction", "redis memory")
_TIGHT, _FULL = 0.75, 0.95
_PERSIST = "and write it into the server's configuration file: CONFIG SET lasts until a restart"


@dataclass(frozen=True)
class RedisFacts:
    """`fsync` is None if CONFIG is not allowed; `maximum` is maxmemory in bytes, 0 for none."""

    address: str
    product: str
    version: str
    append_only: bool
    append_failed: bool
    fsync: str | None
    policy: str
    used: int
    maximum: int


async def probe(redis: Redis, address: str) -> RedisFacts:
    """Raises redis-py's errors."""
    client: Any = redis
    info = await client.info()
    try:
        fsync = (await client.config_get("appendfsync")).get("appendfsync")
    except ResponseError:
        fsync = None
    valkey = info.get("valkey_version")
    return RedisFacts(
        address=address,
        product="valkey" if valkey else "redis",
        version=str(valkey or info["redis_version"]),
        append_only=bool(info["aof_enabled"]),
        append_failed=info.get("aof_last_write_status", "ok") != "ok",
        fsync=fsync,
        policy=str(info["maxmemory_policy"]),
        used=int(info["used_memory"]),
        maximum=int(info["maxmemory"]),
    )


def judge(facts: RedisFacts) -> list[Check]:
    return [
        ok("redis", f"{facts.address} responds"),
        _version(facts),
        _persistence(facts),
        _eviction(facts),
        _memory(facts),
    ]


def unavailable(address: str, problem: str) -> list[Check]:
    """The checks if Redis does not respond or refuses the client."""
    remedy = (
        "start the system with `ratchet up`, or the server; for a server elsewhere pass "
        "--redis-url or set RATCHET_REDIS_URL"
    )
    first = fail(_NAMES[0], f"{address} cannot be used: {problem}", remedy)
    return [first, *(skipped(name, "Redis does not respond") for name in _NAMES[1:])]


def _version(facts: RedisFacts) -> Check:
    finding = f"{facts.product} {facts.version}"
    if facts.product == "redis" and older(facts.version, _OLDEST):
        remedy = f"install Redis {_OLDEST} or newer, or any Valkey, on the same data directory"
        return fail("redis version", finding, remedy)
    return ok("redis version", finding)


def _persistence(facts: RedisFacts) -> Check:
    name = "redis persistence"
    if not facts.append_only:
        return fail(
            name,
            "appendonly is no: a restart loses acknowledged data",
            f"`redis-cli CONFIG SET appendonly yes`, {_PERSIST}",
        )
    if facts.append_failed:
        return fail(
            name,
            "the last write to the append-only file failed",
            "look for a full or read-only disk in the server's log and make room",
        )
    if facts.fsync == "no":
        return warn(
            name,
            "appendfsync is no: a power cut loses up to half a minute of acknowledged data",
            f"`redis-cli CONFIG SET appendfsync everysec`, {_PERSIST}",
        )
    return ok(name, f"append-only file, appendfsync {facts.fsync or 'unknown'}")


def _eviction(facts: RedisFacts) -> Check:
    if facts.policy != "noeviction":
        return fail(
            "redis eviction",
            f"maxmemory-policy is {facts.policy}: a full server drops acknowledged data",
            f"`redis-cli CONFIG SET maxmemory-policy noeviction`, {_PERSIST}",
        )
    return ok("redis eviction", "noeviction: a full server refuses writes and drops nothing")


def _memory(facts: RedisFacts) -> Check:
    name = "redis memory"
    if not facts.maximum:
        return warn(
            name,
            f"{byte_size(facts.used)} used and no maxmemory: the kernel kills a server that grows",
            f"`redis-cli CONFIG SET maxmemory 1gb` or what the machine can spare, {_PERSIST}",
        )
    share = facts.used / facts.maximum
    finding = f"{byte_size(facts.used)} of {byte_size(facts.maximum)} used, {share:.0%}"
    remedy = (
        "raise maxmemory, and see in `ratchet status` whether a service is behind: entries stay "
        "until every group has finished them"
    )
    if share >= _FULL:
        return fail(name, f"{finding}: the intake answers 503 when it is full", remedy)
    return warn(name, finding, remedy) if share >= _TIGHT else ok(name, finding)
