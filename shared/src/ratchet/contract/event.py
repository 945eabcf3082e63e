"""The fields of every event, its ids and its times."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from ratchet.contract.client_values import EventId, Moment
from ratchet_text import EARLIEST, LATEST

Aspect = Literal["voice", "widget"]
CLOCK_TOLERANCE_S = 300.0
"""How far a producer's clock may be ahead before it is reported, or its items are refused."""


class Value(BaseModel):
    """A frozen value; unknown keys of newer producers are ignored, and errors quote no content."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Event(Value):
    """One immutable fact.

    `event_id` is unique per fact: a UUIDv7 for new data, else `derived_id` of its cause, so that
    handling the cause twice makes the same event.
    `caused_by` is the `event_id` of the event this one follows from.
    """

    event_id: EventId
    schema_version: Literal[1] = 1
    occurred_at: Moment
    caused_by: EventId | None = None
    trace: dict[str, str] = Field(default_factory=dict)

    def not_after(self, at: int) -> Self:
        """This event, with times after `at` (microseconds since 1970) moved to it.

        Nothing occurs after it was received: a later time comes from a clock that is ahead.
        """
        if self.latest_time <= at:
            return self
        return self.model_copy(
            update={"occurred_at": time_of(min(at, microseconds(self.occurred_at)))}
        )

    @property
    def latest_time(self) -> int:
        """The latest time that the event states of itself, in microseconds since 1970."""
        return microseconds(self.occurred_at)


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


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970 of an aware `moment`: exact, compact, quick to compare."""
    return (moment - _EPOCH) // _MICROSECOND


def time_of(at: int) -> datetime:
    """The inverse of `microseconds`, clipped to the supported range."""
    return _EPOCH + min(max(at, microseconds(EARLIEST)), microseconds(LATEST)) * _MICROSECOND


class Stamp(NamedTuple):
    """Orders the statements on one topic: the higher one counts.

    `at` is a time in microseconds since 1970, or a revision; the id of the event breaks a tie.
    """

    at: int
    event_id: str


class Statement(NamedTuple):
    """What an event states on one topic."""

    stamp: Stamp
    value: Any


def latest(
    known: Mapping[str, Statement], statements: Iterable[tuple[str, Statement]]
) -> dict[str, Statement]:
    """`known` with each (topic, statement) that is newer than the one known on its topic.

    Any order and repetition of the same statements has the same result: streams are delivered
    at least once, and two of them in no order.
    """
    merged = dict(known)
    for topic, statement in statements:
        if topic not in merged or statement.stamp > merged[topic].stamp:
            merged[topic] = statement
    return merged
