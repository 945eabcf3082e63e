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

_STALE_MS = 600_000
"""Longer than the longest wait between two attempts; handlers renew their claims sooner."""


@dataclass(frozen=True)
class StreamFacts:
    """`services` has the service that reads as a group, by the group's name.

    `read_at_ms` is the time of the observation by the clock of Redis.
    """

    name: str
    services: Mapping[str, str]
    entries: int
    dead: int
    groups: tuple[GroupPosition, ...]
    read_at_ms: int

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
            groups=tuple(await group_positions(redis, stream)),
            read_at_ms=seconds * 1000,
        )
        for stream in STREAMS
    ]


def judge(streams: Sequence[StreamFacts]) -> list[Check]:
    return [_groups(streams), _pending(streams), _dead(streams)]


def _services(stream: Stream) -> dict[str, str]:
    groups = dict(zip(stream.groups, stream.consumers, strict=True))
    return {group: service for group, service in groups.items() if group not in _OPTIONAL}


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
    pending = [
        (stream, group, group.oldest_pending, group.idle_ms or 0)
        for stream in streams
        for group in stream.groups
        if group.oldest_pending is not None
    ]
    if not pending:
        return ok("pending", "none")
    stale = [row for row in pending if row[-1] > _STALE_MS]
    finding = "; ".join(
        f"{group.group} has {group.pending} pending of {stream.name}, the oldest "
        f"{max(0, stream.read_at_ms - oldest.ms) / 1000:.0f} s old, "
        f"last delivered {idle_ms / 1000:.0f} s ago"
        for stream, group, oldest, idle_ms in stale or pending
    )
    if not stale:
        return ok("pending", finding)
    return warn(
        "pending",
        finding,
        "check in `ratchet status` that the service runs: it retries them, or makes them "
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
