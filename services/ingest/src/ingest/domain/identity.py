"""The optional id and time of an item."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from ratchet.contract import EventId


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be between the years 1 and 9999 in UTC") from error


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Identity(BaseModel):
    """Items with the same `event_id` are one fact, however often they are sent.

    `occurred_at` defaults to the time of receipt.
    """

    model_config = ConfigDict(frozen=True)

    event_id: EventId | None = None
    occurred_at: UtcTime | None = None
