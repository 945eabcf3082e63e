"""Times in files: ISO 8601 with or without a zone, seconds or milliseconds since 1970."""

from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

_LARGEST_SECONDS = 2e10
"""Larger numbers are milliseconds, as in pydantic."""


def zone_named(name: str) -> ZoneInfo:
    """The time zone `name`; raises `ValueError` with the remedy if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"There is no time zone {name!r}. Pass one such as Europe/Vienna."
        ) from error


def parse_time(value: Any, zone: tzinfo) -> tuple[datetime | None, bool]:
    """The time in UTC, None if invalid, and whether it had no zone."""
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
