"""Whether a Redis server can carry the system: one judgement, for each start and the doctor."""

import logging
from dataclasses import dataclass
from typing import Any, Literal

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError

_log = logging.getLogger(__name__)
_OLDEST = (7, 0)
"""The first whose XINFO GROUPS returns a group's lag; every Valkey does."""
_PERSIST = "and write it into the server's configuration file: CONFIG SET lasts until a restart"


@dataclass(frozen=True)
class RedisFacts:
    """`fsync` and `snapshots` (the setting `save`) are None if CONFIG is not allowed.

    `primary` is the address of the server that a replica copies. `maximum` is maxmemory in bytes,
    0 for none.
    """

    product: str
    version: str
    mode: str
    primary: str | None
    loading: bool
    append_only: bool
    append_failed: bool
    fsync: str | None
    snapshots: str | None
    policy: str
    used: int
    maximum: int


@dataclass(frozen=True)
class Finding:
    """`name` is that of the doctor's check. A service does not start on what is `refused`."""

    name: str
    level: Literal["ok", "warn", "fail"]
    text: str
    remedy: str = ""
    refused: bool = False


async def read_facts(redis: Redis) -> RedisFacts:
    """Also while the server loads its data; raises redis-py's errors."""
    client: Any = redis
    info = await client.info()
    config: dict[str, str] = {}
    if not info.get("loading"):
        try:
            config = await client.config_get("appendfsync", "save")
        except ResponseError:
            _log.debug("CONFIG is not allowed: INFO has to do")
    valkey = info.get("valkey_version")
    replica = info.get("role") == "slave"
    return RedisFacts(
        product="valkey" if valkey else "redis",
        version=str(valkey or info["redis_version"]),
        mode=str(info.get("redis_mode") or info.get("server_mode") or "standalone"),
        primary=f"{info.get('master_host')}:{info.get('master_port')}" if replica else None,
        loading=bool(info.get("loading")),
        append_only=bool(info["aof_enabled"]),
        append_failed=info.get("aof_last_write_status", "ok") != "ok",
        fsync=config.get("appendfsync"),
        snapshots=config.get("save"),
        policy=str(info["maxmemory_policy"]),
        used=int(info["used_memory"]),
        maximum=int(info["maxmemory"]),
    )


def fitness(facts: RedisFacts) -> list[Finding]:
    """One finding for each property that the system relies on, in the doctor's order."""
    return [_mode(facts), _version(facts), _persistence(facts), _eviction(facts)]


async def refusal(redis: Redis, address: str) -> str | None:
    """Why no service may use the server, with the remedy in one sentence; None if it may.

    Findings of less weight are logged. Raises redis-py's errors, `BusyLoadingError` included.
    """
    try:
        facts = await read_facts(redis)
    except NoPermissionError as error:
        _log.warning("Redis at %s cannot be examined: allow INFO to this user (%s)", address, error)
        return None
    # While the server loads, INFO answers and PING raises.
    await redis.ping()
    for finding in fitness(facts):
        if finding.refused:
            return f"Redis at {address} cannot be used: {finding.text}; {finding.remedy}"
        if finding.level != "ok":
            _log.warning("Redis at %s: %s; %s", address, finding.text, finding.remedy)
    return None


def _mode(facts: RedisFacts) -> Finding:
    name = "redis mode"
    if facts.mode != "standalone":
        text = f"it runs in {facts.mode} mode, where a transaction over several keys fails"
        remedy = "set RATCHET_REDIS_URL to a server that runs alone (cluster-enabled no)"
        return Finding(name, "fail", text, remedy, refused=True)
    if facts.primary is not None:
        text = f"it is a replica of {facts.primary}, which refuses writes or loses them"
        remedy = "set RATCHET_REDIS_URL to the primary, or promote it with `REPLICAOF NO ONE`"
        return Finding(name, "fail", text, remedy, refused=True)
    return Finding(name, "ok", "one server that accepts writes")


def _version(facts: RedisFacts) -> Finding:
    text = f"{facts.product} {facts.version}"
    numbers = tuple(int(part) for part in facts.version.split(".")[:2] if part.isdecimal())
    if facts.product == "redis" and numbers < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        remedy = f"install Redis {oldest} or newer, or any Valkey, on the same data directory"
        return Finding("redis version", "fail", f"{text} is too old", remedy, refused=True)
    return Finding("redis version", "ok", text)


def _persistence(facts: RedisFacts) -> Finding:
    name = "redis persistence"
    if not facts.append_only:
        remedy = f"`redis-cli CONFIG SET appendonly yes`, {_PERSIST}"
        if facts.snapshots is None:
            text = "appendonly is no and CONFIG is not allowed: whether it keeps data is unknown"
            return Finding(name, "warn", text, "turn the append-only file on where it is managed")
        if facts.snapshots:
            text = "appendonly is no: a restart loses acknowledged data since the last snapshot"
            return Finding(name, "fail", text, remedy)
        text = "appendonly is no and there are no snapshots: a restart loses acknowledged data"
        return Finding(name, "fail", text, remedy, refused=True)
    if facts.append_failed:
        remedy = "look for a full or read-only disk in the server's log and make room"
        return Finding(name, "fail", "the last write to the append-only file failed", remedy)
    if facts.fsync == "no":
        text = "appendfsync is no: a power cut loses up to half a minute of acknowledged data"
        return Finding(
            name, "warn", text, f"`redis-cli CONFIG SET appendfsync everysec`, {_PERSIST}"
        )
    return Finding(name, "ok", f"append-only file, appendfsync {facts.fsync or 'unknown'}")


def _eviction(facts: RedisFacts) -> Finding:
    name = "redis eviction"
    if facts.policy != "noeviction":
        text = f"maxmemory-policy is {facts.policy}: a full server drops acknowledged data"
        remedy = f"`redis-cli CONFIG SET maxmemory-policy noeviction`, {_PERSIST}"
        return Finding(name, "fail", text, remedy, refused=True)
    return Finding(name, "ok", "noeviction: a full server refuses writes and drops nothing")
