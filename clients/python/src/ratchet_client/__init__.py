"""Sends an assistant's answers and their feedback to Ratchet, in the background.

`Ratchet(url, key)` for threads, `AsyncRatchet(url, key)` for asyncio.
"""

from ratchet_client.async_client import AsyncRatchet
from ratchet_client.client import Ratchet
from ratchet_client.dropped import DroppedEvent, DropReason, FieldProblem
from ratchet_client.events import EventKind
from ratchet_client.ranking import ModelInService, NoModelAnswer, RankedWidget, WidgetRanking
from ratchet_client.tally import EventCounts

__all__ = [
    "AsyncRatchet",
    "DropReason",
    "DroppedEvent",
    "EventCounts",
    "EventKind",
    "FieldProblem",
    "ModelInService",
    "NoModelAnswer",
    "RankedWidget",
    "Ratchet",
    "WidgetRanking",
]
