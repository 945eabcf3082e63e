"""Rows that the intake reads by itself: only their time and their text are seen to here."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from ratchet.rows.row import NO_TIME, Row, encodable, row_event_id
from ratchet.rows.times import moment


def read_told(raw: Mapping[str, Any], zone: tzinfo, otherwise: datetime) -> Row:
    """Read one row; a naive time is read in `zone`, and `otherwise` (aware) stands in for none."""
    item, repairs = encodable(raw)
    when, naive = moment(item.get("timestamp"), zone)
    if when is None:
        repairs = (*repairs, NO_TIME)
    at = when or otherwise
    return Row(
        item={**item, "timestamp": at.isoformat()},
        at=at,
        event_id=row_event_id(raw),
        repairs=repairs,
        naive=naive,
    )
