"""Whether Redis keeps what it acknowledged, refuses what it cannot keep, and has room."""

from dataclasses import dataclass

from ratchet_cli.doctor.check import Check, fail, ok, skipped, warn
from ratchet_cli.doctor.sizes import size
from ratchet_cli.doctor.versions import older

OLDEST = "7.0"
"""XINFO GROUPS tells a group's lag from here on; every Valkey does."""

NAMES = ("redis", "redis version", "redis persistence", "redis eviction", "redis memory")
_TIGHT, _FULL = 0.75, 0.95
_LASTS = "and write it into the server's configuration file, so that it outlasts a restart"


@dataclass(frozen=True)
class RedisFacts:
    """`fsync` is None where the server does not tell; `most` is maxmemory in bytes, 0 for none."""

    place: str
    product: str
    version: str
    append_only: bool
    append_failed: bool
    fsync: str | None
    policy: str
    used: int
    most: int


def away(place: str, problem: str) -> list[Check]:
    """All that is to be said of a server that does not answer, or lets nobody ask."""
    mend = (
        "start the system with `ratchet up`, or the server itself; one elsewhere is named by "
        "--redis-url or RATCHET_REDIS_URL"
    )
    first = fail(NAMES[0], f"{place} cannot be used: {problem}", mend)
    return [first, *(skipped(name, "Redis does not answer") for name in NAMES[1:])]


def judge(facts: RedisFacts) -> list[Check]:
    return [
        ok("redis", f"{facts.place} answers"),
        _version(facts),
        _persistence(facts),
        _eviction(facts),
        _memory(facts),
    ]


def _version(facts: RedisFacts) -> Check:
    found = f"{facts.product} {facts.version}"
    if facts.product == "redis" and older(facts.version, OLDEST):
        mend = f"install Redis {OLDEST} or newer, or any Valkey, on the same data directory"
        return fail("redis version", found, mend)
    return ok("redis version", found)


def _persistence(facts: RedisFacts) -> Check:
    name = "redis persistence"
    if not facts.append_only:
        return fail(
            name,
            "appendonly is no: a restart forgets what was accepted",
            f"`redis-cli CONFIG SET appendonly yes`, {_LASTS}",
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
            "appendfsync is no: a power cut loses up to half a minute of what was accepted",
            f"`redis-cli CONFIG SET appendfsync everysec`, {_LASTS}",
        )
    return ok(name, f"append-only file, appendfsync {facts.fsync or 'not told'}")


def _eviction(facts: RedisFacts) -> Check:
    if facts.policy != "noeviction":
        return fail(
            "redis eviction",
            f"maxmemory-policy is {facts.policy}: a full server drops what was accepted",
            f"`redis-cli CONFIG SET maxmemory-policy noeviction`, {_LASTS}",
        )
    return ok("redis eviction", "noeviction: a full server refuses, and drops nothing")


def _memory(facts: RedisFacts) -> Check:
    name = "redis memory"
    if not facts.most:
        return warn(
            name,
            f"{size(facts.used)} used and no maxmemory: the kernel kills a server that grows",
            f"`redis-cli CONFIG SET maxmemory 1gb` or what the machine can spare, {_LASTS}",
        )
    share = facts.used / facts.most
    found = f"{size(facts.used)} of {size(facts.most)} used, {share:.0%}"
    mend = (
        "raise maxmemory, and see in `ratchet status` whether a service is behind: what every "
        "group has finished can go"
    )
    if share >= _FULL:
        return fail(name, f"{found}: intake answers 503 when it is full", mend)
    return warn(name, found, mend) if share >= _TIGHT else ok(name, found)
