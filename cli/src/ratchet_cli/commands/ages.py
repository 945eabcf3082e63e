"""Spans of time for people."""

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


def age(seconds: float) -> str:
    """In the largest unit that gives at least two of it, else in seconds: `3 h`, `90 min`."""
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0.0):.0f} s"
