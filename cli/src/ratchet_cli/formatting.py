"""Numbers as text: spans of time, sizes and counts."""

GIB = 2**30
_TIMES = ((86_400, "d"), (3600, "h"), (60, "min"))
_SIZES = ((2**40, "TiB"), (GIB, "GiB"), (2**20, "MiB"))


def age(seconds: float) -> str:
    """In the largest unit that gives at least two of it, else in seconds: `3 h`, `90 min`."""
    for size, unit in _TIMES:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0.0):.0f} s"


def byte_size(number: float) -> str:
    """In the largest unit of which there is at least one: `1.5 GiB`."""
    for size, unit in _SIZES:
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number:.0f} bytes"


def parameter_count(parameters: int) -> str:
    """`8.0 billion` or `135 million`."""
    if parameters >= 10**9:
        return f"{parameters / 1e9:.1f} billion"
    return f"{parameters / 1e6:.0f} million"
