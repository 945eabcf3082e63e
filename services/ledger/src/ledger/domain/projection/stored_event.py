"""The row of an event: its payload and the ids by which it is found."""

from typing import Any

from ledger.domain.values import arrival_number, keyed
from ratchet.contract import (
    CallServed,
    Delivered,
    Event,
    ExperienceRecorded,
    FeedbackReceived,
    Value,
    microseconds,
)

_IDS = ("query_id", "user_id", "run_id", "version", "example_id")


def event_row(delivered: Delivered[Event]) -> dict[str, Any]:
    """The columns of an event; an id that it does not have is None.

    The body is the payload: with the fields of a newer release, which this one does not know.
    """
    event, payload, entry_id = delivered
    about: Value = event
    if isinstance(event, ExperienceRecorded):
        about = event.experience
    elif isinstance(event, FeedbackReceived):
        about = event.feedback
    ids: dict[str, Any] = {name: about.__dict__.get(name) for name in _IDS}
    if isinstance(event, CallServed):
        ids["query_id"] = event.query_id or event.call_id
    return {
        "event_id": event.event_id,
        "type": type(event).__name__,
        "occurred_at": microseconds(event.occurred_at),
        **{name: keyed(value) for name, value in ids.items()},
        "body": payload.decode(),
        "arrived": arrival_number(entry_id),
    }
