"""Types of values that enter the system: times, ids, and values of any shape."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from ratchet_text import EARLIEST, LATEST, OutOfRange, identifier, known_as, read_time

_LARGEST = sys.float_info.max


@dataclass(frozen=True)
class ClientInput:
    """pydantic's `context` for values that clients send; invalid values are refused.

    A time without a zone is read in `zone`, and refused if that is None; one after `latest` is
    refused. Without this context, stored values of every release are read: times are clipped to
    the supported range, ids are kept.
    """

    zone: tzinfo | None = None
    latest: datetime | None = None


def _finite(value: Any, info: ValidationInfo) -> Any:
    found = [value] if isinstance(info.context, ClientInput) else []
    # The list grows on the way. Every item passes here: most values are text, and to build a union
    # takes longer than to check it.
    for one in found:
        if isinstance(one, str):
            continue
        if isinstance(one, dict):
            found += one.values()
        elif isinstance(one, (list, tuple)):
            found += one
        elif isinstance(one, (int, float)) and not -_LARGEST <= one <= _LARGEST:
            raise ValueError(
                "contains a number that is not finite (up to 1.8e308); send null instead"
            )
    return value


FreeValue = Annotated[Any, AfterValidator(_finite)]
FreeObject = Annotated[dict[str, Any], AfterValidator(_finite)]
FreeValues = Annotated[tuple[Any, ...], AfterValidator(_finite)]
Index = Annotated[int, AfterValidator(_finite)]


def _spelled(value: Any, info: ValidationInfo, compact: bool = True) -> Any:
    return (identifier if isinstance(info.context, ClientInput) else known_as)(value, compact)


def _hyphenated(value: Any, info: ValidationInfo) -> Any:
    return _spelled(value, info, compact=False)


QueryId = Annotated[str, Field(min_length=1, max_length=128), BeforeValidator(_spelled)]
UserId = Annotated[str, Field(max_length=256), BeforeValidator(_spelled)]
OtherId = Annotated[str, Field(max_length=128), BeforeValidator(_hyphenated)]
"""A UUID only with hyphens: `derived_id` has 32 hex characters, too."""
DecisionId = Annotated[str, Field(max_length=64), BeforeValidator(_hyphenated)]
_EVENT_ID = Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
EventId = Annotated[str, _EVENT_ID, BeforeValidator(_hyphenated)]


def _moment(value: Any, info: ValidationInfo, zone: tzinfo | None = None) -> datetime:
    sent = info.context if isinstance(info.context, ClientInput) else None
    try:
        return read_time(value, sent.zone or zone if sent else zone)[0]
    except OutOfRange:
        if sent is not None:
            raise
        return LATEST if str(value).startswith("9999") else EARLIEST


def _past_moment(value: Any, info: ValidationInfo) -> datetime:
    at = _moment(value, info)
    latest = info.context.latest if isinstance(info.context, ClientInput) else None
    if latest is not None and at > latest:
        raise ValueError(
            "is still ahead; set the clock of the producer, or leave the time out for the time of "
            f"receipt (accepted until {latest:%Y-%m-%dT%H:%M:%SZ})"
        )
    return at


def _naive_moment(value: Any, info: ValidationInfo) -> datetime:
    return _moment(value, info, UTC)


_SENT = datetime | float
Moment = Annotated[datetime, BeforeValidator(_past_moment, json_schema_input_type=_SENT)]
"""A time in UTC, within the supported range."""
NaiveMoment = Annotated[datetime, BeforeValidator(_naive_moment, json_schema_input_type=_SENT)]
"""As `Moment`; without a zone of the value or the context it is in UTC, as in earlier releases."""

Place = tuple[int | str, ...]
"""The location of a pydantic error: keys and indexes inside a JSON value."""


def without_place(holder: Any, place: Place) -> Any:
    """A copy of `holder` without the key or the element at `place`, which is not empty.

    Raises `LookupError` if `place` does not exist.
    """
    first, *rest = place
    copy: Any = dict(holder) if isinstance(holder, dict) else list(holder)
    if rest:
        copy[first] = without_place(holder[first], tuple(rest))
    else:
        del copy[first]
    return copy
