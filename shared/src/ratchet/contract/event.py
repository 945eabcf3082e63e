"""The fields of every event, its ids and its times."""

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

EventId = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
Aspect = Literal["voice", "widget"]


class Value(BaseModel):
    """A frozen value inside an event; unknown keys of newer producers are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Value):
    """One immutable fact.

    `event_id` is unique per fact: a UUIDv7 for new data, else `derived_id` of its cause, so that
    handling the cause twice makes the same event.
    `caused_by` is the `event_id` of the event this one follows from.
    """

    event_id: EventId
    schema_version: Literal[1] = 1
    occurred_at: AwareDatetime
    caused_by: EventId | None = None
    trace: dict[str, str] = Field(default_factory=dict)


def derived_id(*parts: str) -> str:
    """Return 32 hex characters that depend only on `parts` (and on where one part ends)."""
    encoded = [part.encode() for part in parts]
    framed = b"".join([len(part).to_bytes(8, "big") + part for part in encoded])
    return hashlib.sha256(framed).hexdigest()[:32]


def utc_now() -> datetime:
    return datetime.now(UTC)


class ArtifactRef(Value):
    """A content-addressed file: `sha256` names it, `size` is in bytes, `name` is for people."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)
    name: str
