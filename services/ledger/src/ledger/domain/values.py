"""Values as every database keeps them: whole numbers that fit, text without NUL."""

from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST = 10**9
_LONGEST = 500


def moment(at: int) -> datetime:
    """The inverse of `microseconds`."""
    return _EPOCH + at * _MICROSECOND


def whole(number: float) -> int:
    """The nearest whole number within a thousand million, so that sums of many still fit."""
    return round(max(-_MOST, min(_MOST, number)))


def millionths(number: float) -> int:
    """Sums of whole numbers do not depend on their order, as those of fractions do."""
    return round(number * 1_000_000)


def plain(text: str, longest: int = _LONGEST) -> str:
    """The first characters of `text`; NUL, which PostgreSQL cannot keep, is replaced."""
    return text[:longest].replace("\x00", "\ufffd")


def keyed(name: str | None) -> str | None:
    """An id as a key of rows; an empty one is none."""
    return plain(name) if name else None


def numbers(told: dict[str, Any] | None, most: int) -> dict[str, float] | None:
    """The numeric entries of `told`, at most `most` of them."""
    if told is None:
        return None
    found = {
        plain(name, 100): float(value)
        for name, value in told.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST
    }
    return dict(sorted(found.items())[:most])
