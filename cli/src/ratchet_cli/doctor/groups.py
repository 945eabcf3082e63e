"""Whether every stream is read, nothing lies in a group's hands for long, and nothing has died."""

from collections.abc import Sequence
from dataclasses import dataclass

from ratchet_cli.doctor.check import Check, ok, warn

NAMES = ("groups", "pending", "dead letters")
_STALE_S = 600.0
"""Beyond the longest wait between two attempts, and a hold on work in hand is renewed sooner."""


@dataclass(frozen=True)
class GroupFacts:
    """`oldest_s` is the age of the oldest entry in hand, `idle_s` how long nobody touched it."""

    name: str
    pending: int = 0
    oldest_s: float = 0.0
    idle_s: float = 0.0


@dataclass(frozen=True)
class StreamFacts:
    """`readers` are the services that read it as a group."""

    name: str
    readers: tuple[str, ...]
    entries: int
    dead: int
    groups: tuple[GroupFacts, ...]


def judge(streams: Sequence[StreamFacts]) -> list[Check]:
    return [_groups(streams), _pending(streams), _dead(streams)]


def _groups(streams: Sequence[StreamFacts]) -> Check:
    unread = [stream for stream in streams if len(stream.groups) < len(stream.readers)]
    if not unread:
        count = sum(len(stream.groups) for stream in streams)
        return ok("groups", f"{count} groups read {len(streams)} streams")
    told = ", ".join(
        f"{stream.name} ({stream.entries} entries, read by "
        f"{', '.join(group.name for group in stream.groups) or 'nobody'}, "
        f"wanted by {', '.join(stream.readers)})"
        for stream in unread
    )
    names = sorted(
        {
            reader
            for stream in unread
            for reader in set(stream.readers) - {group.name for group in stream.groups}
        }
    )
    return warn(
        "groups",
        f"not read by all: {told}",
        f"start {', '.join(names)} once: a service makes its groups, and misses nothing earlier",
    )


def _pending(streams: Sequence[StreamFacts]) -> Check:
    held = [(stream, group) for stream in streams for group in stream.groups if group.pending]
    if not held:
        return ok("pending", "nothing in hand")
    stale = [(stream, group) for stream, group in held if group.idle_s > _STALE_S]
    told = "; ".join(
        f"{group.name} has {group.pending} of {stream.name} in hand, the oldest "
        f"{group.oldest_s:.0f} s old, untouched for {group.idle_s:.0f} s"
        for stream, group in stale or held
    )
    if not stale:
        return ok("pending", told)
    return warn(
        "pending",
        told,
        "see in `ratchet status` whether the service runs: one that does retries or buries them",
    )


def _dead(streams: Sequence[StreamFacts]) -> Check:
    dead = [stream for stream in streams if stream.dead]
    if not dead:
        return ok("dead letters", "none")
    return warn(
        "dead letters",
        ", ".join(f"{stream.name} {stream.dead}" for stream in dead),
        "`ratchet dead list` says why; then `ratchet dead retry` or `ratchet dead drop`",
    )
