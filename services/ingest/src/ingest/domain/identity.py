"""What an item may say of itself beside its fields."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from ratchet.contract import EventId


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must lie between the years 1 and 9999 in UTC") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Identity(BaseModel):
    """An item that names its `event_id` is one fact, however often it is sent.

    `occurred_at` is when it was said, by default when it was received.
    """

    model_config = ConfigDict(frozen=True)

    event_id: EventId | None = None
    occurred_at: Moment | None = None
