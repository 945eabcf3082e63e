"""The optional id and time of an item."""

from pydantic import BaseModel, ConfigDict

from ratchet.contract import EventId, Moment


class Identity(BaseModel):
    """Items with the same `event_id` are one fact, however often they are sent.

    `occurred_at` defaults to the time of receipt.
    """

    model_config = ConfigDict(frozen=True)

    event_id: EventId | None = None
    occurred_at: Moment | None = None
