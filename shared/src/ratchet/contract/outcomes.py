"""The types of a handler: the deliveries that it gets and the outcomes that it returns."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from ratchet.contract.event import Event, microseconds
from ratchet.contract.stream_position import BEGINNING, EntryId

E = TypeVar("E", bound=Event)


class Delivered(NamedTuple, Generic[E]):
    """An event, its JSON, byte for byte as the producer wrote it, and the id of its entry.

    `payload` has the fields that a newer release added and that `event` ignores: store it, not
    the event, where whole events are stored.
    """

    event: E
    payload: bytes
    entry_id: EntryId = BEGINNING

    @classmethod
    def of(cls, event: E) -> "Delivered[E]":
        """A delivery of `event` when it occurred, with the payload that this release writes."""
        received = EntryId(microseconds(event.occurred_at) // 1000, 0)
        return cls(event, event.model_dump_json().encode(), received)


@dataclass(frozen=True)
class Write:
    """Sets `key` to `value`, or deletes it if `value` is None; it expires after `ttl_s` seconds."""

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
    """A resource that the handler needs is unavailable or full, whatever the event.

    The batch stays pending and is retried; the attempt does not count.
    """


class State(Protocol):
    """Reads that the batch's transaction depends on: a concurrent change repeats the batch."""

    async def read(self, keys: Sequence[str]) -> dict[str, bytes | None]: ...


Handle = Callable[[Sequence[Any], State], Awaitable[Sequence[Outcome] | None]]
"""Handles `Delivered` events in stream order; returns one outcome each, or None if all are done.

An exception counts as `Later` for the event that raised it: the delivery layer repeats the batch
one event at a time to find it.
"""

Handlers = Mapping[type[Event], Handle]
"""The handlers of one stream by event type."""
