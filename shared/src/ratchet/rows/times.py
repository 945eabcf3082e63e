"""Times as the files write them: ISO 8601 with or without a zone, and seconds since 1970."""

from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

_LARGEST_SECONDS = 2e10
"""A larger number is a time in milliseconds, as pydantic reads it."""


def zone_named(name: str) -> ZoneInfo:
    """The zone of naive times; raises `ValueError` with the remedy for a name of none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"no time zone {name!r}; name one such as Europe/Vienna") from error


def moment(value: Any, zone: tzinfo) -> tuple[datetime | None, bool]:
    """The time in UTC and whether it came without a zone; None where it cannot be read."""
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) > _LARGEST_SECONDS else value
            return datetime.fromtimestamp(seconds, UTC), False
        else:
            return None, False
        naive = read.tzinfo is None
        aware = read.replace(tzinfo=zone) if naive else read
        return aware.astimezone(UTC), naive
    except (ValueError, OverflowError, OSError):
        return None, False
