"""Events as a handler gets them."""

from collections.abc import Iterable
from typing import TypeVar

from ratchet.contract import Delivered, Event

E = TypeVar("E", bound=Event)


def delivered(events: Iterable[E]) -> list[Delivered[E]]:
    """A delivery of each event, in order, with the payload that this release writes."""
    return [Delivered.of(event) for event in events]
