"""Events that are not sent any more, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ratchet_client.events import EventKind


class DropReason(StrEnum):
    """Why an event was dropped."""

    REFUSED = "refused"
    """The server refused it; its problems name the fields."""
    FULL = "full"
    """The spool had no room."""
    EXPIRED = "expired"
    """It waited for more than 28 days: the server may have forgotten whether it has it."""
    NOT_JSON = "not_json"
    """It contains a value without a JSON form."""
    CLOSED = "closed"
    """It was recorded after the client was closed, or waited in memory at that time."""
    UNREADABLE = "unreadable"
    """Its line in the spool was damaged, or the spool's file was removed."""


@dataclass(frozen=True)
class FieldProblem:
    """A field of an item as a dotted path, empty for the whole item, and what is wrong with it."""

    field: str
    message: str


@dataclass(frozen=True)
class DroppedEvent:
    """`fields` is the item as it was sent; `problems` is empty unless the server refused it."""

    kind: EventKind
    reason: DropReason
    fields: Mapping[str, object]
    problems: tuple[FieldProblem, ...] = ()

    def __str__(self) -> str:
        named = f"{self.kind.value} of query {self.fields.get('query_id', '?')}"
        why = "; ".join(f"{p.field or 'item'}: {p.message}" for p in self.problems)
        return f"{named} dropped ({self.reason.value}){': ' + why if why else ''}"


OnDropped = Callable[[DroppedEvent], None]
