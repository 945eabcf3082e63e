"""What a handler answers for one event: done with its effects, never, or not yet."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ratchet.contract.event import Event


@dataclass(frozen=True)
class Write:
    """Set `key` to `value`, or delete it where `value` is None; `ttl_s` None keeps it for ever."""

    key: str
    value: bytes | None
    ttl_s: int | None = None


@dataclass(frozen=True)
class Done:
    """Handled: state, events and acknowledgement leave in one transaction."""

    emits: tuple[Event, ...] = ()
    writes: tuple[Write, ...] = ()


@dataclass(frozen=True)
class Invalid:
    """Can never be handled: goes to the dead stream now."""

    reason: str


@dataclass(frozen=True)
class Later:
    """Cannot be handled yet: stays pending and is retried with backoff."""

    reason: str


Outcome = Done | Invalid | Later


class Unavailable(OSError):
    """What a handler needs is away or full: no entry's fault.

    The batch stays pending and comes again; its attempt is not counted.
    """


class State(Protocol):
    """Reads that the batch's transaction depends on: a concurrent change makes it run again."""

    async def read(self, keys: Sequence[str]) -> dict[str, bytes | None]: ...


Handle = Callable[[Sequence[Any], State], Awaitable[Sequence[Outcome]]]
"""Takes the events of one batch in stream order, answers one outcome for each.

A raised exception counts as `Later` for the event that raised it: the delivery layer runs the
batch again one by one to find it.
"""
