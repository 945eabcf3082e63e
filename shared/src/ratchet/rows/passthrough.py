"""Rows that are sent unchanged, except for their time and unencodable text."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from ratchet.rows.row import NO_TIME, ImportRow, encodable, row_event_id
from ratchet.rows.times import parse_time


def read_passthrough(raw: Mapping[str, Any], zone: tzinfo, default_time: datetime) -> ImportRow:
    """Read one row; a naive time is in `zone`, a missing one is `default_time` (aware)."""
    item, repairs = encodable(raw)
    when, naive = parse_time(item.get("timestamp"), zone)
    if when is None:
        repairs = (*repairs, NO_TIME)
    at = when or default_time
    return ImportRow(
        item={**item, "timestamp": at.isoformat()},
        at=at,
        event_id=row_event_id(raw),
        repairs=repairs,
        naive=naive,
    )
