"""Whether every stream is read, no entry stays pending for long, and there are no dead letters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from ratchet.contract import STREAMS, GroupPosition, Stream
from ratchet.delivery import group_positions
from ratchet_cli.doctor.check import Check, ok, warn

NAMES = ("groups", "pending", "dead letters")

_OPTIONAL = {"teacher"}
"""Groups that exist only where a setting asks for them."""

_STALE_S = 600.0
"""Longer than the longest wait between two attempts; handlers renew their claims sooner."""


@dataclass(frozen=True)
class PendingFacts:
    """Pending entries of a group: the age of the oldest, and the time since its last delivery."""

    group: str
    count: int = 0
    oldest_s: float = 0.0
    idle_s: float = 0.0


@dataclass(frozen=True)
class StreamFacts:
    """`services` has the service that reads as a group, by the group's name."""

    name: str
    services: Mapping[str, str]
    entries: int
    dead: int
    groups: tuple[PendingFacts, ...]

    @property
    def missing(self) -> list[str]:
        """Groups that no service has created yet."""
        existing = {group.group for group in self.groups}
        return [name for name in self.services if name not in existing]


async def probe(redis: Redis) -> list[StreamFacts]:
    """Raises redis-py's errors."""
    client: Any = redis
    seconds, _ = await client.time()
    return [
        StreamFacts(
            name=stream.name,
            services=_services(stream),
            entries=await client.xlen(stream.key),
            dead=await client.xlen(stream.dead_key),
            groups=tuple(_facts(group, seconds) for group in await group_positions(redis, stream)),
        )
        for stream in STREAMS
    ]


def judge(streams: Sequence[StreamFacts]) -> list[Check]:
    return [_groups(streams), _pending(streams), _dead(streams)]


def _services(stream: Stream) -> dict[str, str]:
    groups = dict(zip(stream.groups, stream.consumers, strict=True))
    return {group: service for group, service in groups.items() if group not in _OPTIONAL}


def _facts(group: GroupPosition, now_s: int) -> PendingFacts:
    if group.oldest_pending is None or group.idle_ms is None:
        return PendingFacts(group.group, group.pending)
    age_s = max(0.0, now_s - group.oldest_pending.ms / 1000)
    return PendingFacts(group.group, group.pending, age_s, group.idle_ms / 1000)


def _groups(streams: Sequence[StreamFacts]) -> Check:
    incomplete = [stream for stream in streams if stream.missing]
    if not incomplete:
        count = sum(len(stream.groups) for stream in streams)
        return ok("groups", f"{count} groups read {len(streams)} streams")
    finding = "; ".join(
        f"{stream.name} ({stream.entries} entries) lacks {', '.join(stream.missing)}"
        for stream in incomplete
    )
    services = {stream.services[group] for stream in incomplete for group in stream.missing}
    return warn(
        "groups",
        f"missing consumer groups: {finding}",
        f"start {', '.join(sorted(services))} once: a service creates its groups, which then "
        "read from the beginning",
    )


def _pending(streams: Sequence[StreamFacts]) -> Check:
    pending = [(stream, group) for stream in streams for group in stream.groups if group.count]
    if not pending:
        return ok("pending", "none")
    stale = [(stream, group) for stream, group in pending if group.idle_s > _STALE_S]
    finding = "; ".join(
        f"{group.group} has {group.count} pending of {stream.name}, the oldest "
        f"{group.oldest_s:.0f} s old, last delivered {group.idle_s:.0f} s ago"
        for stream, group in stale or pending
    )
    if not stale:
        return ok("pending", finding)
    return warn(
        "pending",
        finding,
        "see in `ratchet status` whether the service runs: it then retries them, or makes them "
        "dead letters",
    )


def _dead(streams: Sequence[StreamFacts]) -> Check:
    dead = [stream for stream in streams if stream.dead]
    if not dead:
        return ok("dead letters", "none")
    return warn(
        "dead letters",
        ", ".join(f"{stream.name} {stream.dead}" for stream in dead),
        "`ratchet dead list` shows the errors; then `ratchet dead retry` or `ratchet dead drop`",
    )
