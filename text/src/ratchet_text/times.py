"""Times: ISO 8601 text, or a number of seconds, milli-, micro- or nanoseconds since 1970."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""A day before the last one that Python has, so that no conversion to a zone overflows."""
_EXAMPLE = "2026-03-01T08:30:00Z"
_UNREADABLE = f"is not a time; send ISO 8601, such as {_EXAMPLE}, or seconds since 1970"
_OUT_OF_RANGE = f"is before 1970 or after 9999-12-30; send a time such as {_EXAMPLE}"
_NO_UNIT = f"is not a number of seconds or milliseconds since 1970; send a time such as {_EXAMPLE}"
_ISO = re.compile(
    r"([\dW-]{8,10}?)(?:(?:[T_]|[ ]+)([\d:.,]{2,99}))?[ ]?"
    r"(?:(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)(?:\[[\w+/-]{1,40}\])?)?",
    re.ASCII | re.IGNORECASE,
)
_LEAP_SECOND = re.compile(r"^(\d\d:?\d\d:?)60(?:[.,]\d+)?$", re.ASCII)
_MIDNIGHT = re.compile(r"^24(?::?00){0,2}(?:[.,]0+)?$", re.ASCII)
_COUNT = re.compile(r"[+-]?\d{9,60}(?:[.,]\d{1,60})?", re.ASCII)
_UNITS = ((0, 10**10, 1), (0, 10**13, 10**3), (10**14, 10**16, 10**6), (10**17, 10**19, 10**9))
"""The least number of each unit, half of the largest, and how many of it make a second.

The gaps exclude dates without separators, such as 20260120080000.
"""


class OutOfRange(ValueError):
    """A time before `EARLIEST` or after `LATEST`."""


def read_time(value: Any, zone: tzinfo | None) -> tuple[datetime, bool]:
    """The time in UTC, and whether it had no zone, so that it was read in `zone`.

    More than 6 digits of a fraction are cut off, and a leap second becomes the end of its minute.
    Raises `ValueError`, and `OutOfRange` for a time that is not supported.
    """
    read = value
    if isinstance(value, str):
        read = _of_text(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        read = _of_number(value)
    elif not isinstance(value, datetime):
        raise ValueError(_UNREADABLE)
    naive = read.tzinfo is None
    if naive and zone is None:
        raise ValueError(f"has no time zone; add one, such as {_EXAMPLE}")
    with suppress(OverflowError):
        at = (read.replace(tzinfo=zone) if naive else read).astimezone(UTC)
        if EARLIEST <= at <= LATEST:
            return at, naive
    raise OutOfRange(_OUT_OF_RANGE)


def _of_text(text: str) -> datetime:
    if text[10:11] == "T" and text[4:5] == "-":  # as every release writes it
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    text = text.strip().replace("\N{MINUS SIGN}", "-")
    if _COUNT.fullmatch(text):
        return _of_number(Decimal(text.replace(",", ".")))
    if not (found := _ISO.fullmatch(text)):
        raise ValueError(_UNREADABLE)
    day, clock, zone = (part or "" for part in found.groups())
    clock, leaps = _LEAP_SECOND.subn(r"\g<1>59.999999", clock)
    clock, days = _MIDNIGHT.subn("", clock)
    zone = zone if zone[:1] in ("+", "-") else zone and "Z"
    try:
        at = datetime.fromisoformat(f"{day}T{clock or '00'}{zone}") + timedelta(days=days)
    except (ValueError, OverflowError) as error:
        raise ValueError(_UNREADABLE) from error
    if leaps and at.tzinfo and f"{at.astimezone(UTC):%H:%M}" != "23:59":
        raise ValueError("has second 60, but is no leap second (23:59:60 UTC); send second 59")
    return at


def _of_number(value: float | Decimal) -> datetime:
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    for least, half, per_second in _UNITS:
        if number.is_finite() and least <= abs(number) <= 2 * half:
            return EARLIEST + timedelta(microseconds=int(number * 10**6 / per_second))
    raise OutOfRange(_NO_UNIT)
