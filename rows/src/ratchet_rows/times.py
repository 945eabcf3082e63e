"""Times in files: read like everywhere else, but a row without one is kept."""

from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from ratchet_text import read_time


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
        return read_time(value, zone)
    except ValueError:
        return None, False
