"""Moments as whole microseconds since 1970: exact, small in state, quick to compare."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
SECOND = 1_000_000
DAY = 86_400 * SECOND


def microseconds(moment: datetime) -> int:
    """`moment` must be aware."""
    return (moment - _EPOCH) // _TICK
