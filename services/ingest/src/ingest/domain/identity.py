"""What an item may say of itself beside its fields."""

from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, field_validator

from ratchet.events.base import EventId


class Identity(BaseModel):
    """An item that names its `event_id` is one fact, however often it is sent.

    `occurred_at` is when it was said, by default when it was received.
    """

    model_config = ConfigDict(frozen=True)

    event_id: EventId | None = None
    occurred_at: AwareDatetime | None = None

    @field_validator("occurred_at")
    @classmethod
    def _in_utc(cls, at: datetime | None) -> datetime | None:
        try:
            return at and at.astimezone(UTC)
        except OverflowError as error:
            raise ValueError("must lie between the years 1 and 9999 in UTC") from error
