"""An event as the ledger keeps it: whole, beside the ids by which it is looked for."""

from typing import Any

from ledger.domain.values import keyed, microseconds
from ratchet.contract import Event, ExperienceRecorded, FeedbackReceived, Value

_IDS = ("query_id", "user_id", "run_id", "version", "example_id")


def kept(event: Event) -> dict[str, Any]:
    """The columns of `event`; an id that it does not have is None."""
    about: Value = event
    if isinstance(event, ExperienceRecorded):
        about = event.experience
    elif isinstance(event, FeedbackReceived):
        about = event.feedback
    return {
        "event_id": event.event_id,
        "type": type(event).__name__,
        "occurred_at": microseconds(event.occurred_at),
        **{name: keyed(about.__dict__.get(name)) for name in _IDS},
        "body": event.model_dump_json(),
    }
