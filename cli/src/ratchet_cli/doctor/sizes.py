"""Bytes for people."""

GIB = 2**30
_UNITS = ((2**40, "TiB"), (GIB, "GiB"), (2**20, "MiB"))


def size(number: float) -> str:
    """In the largest unit of which there is at least one: `1.5 GiB`."""
    for unit, name in _UNITS:
        if number >= unit:
            return f"{number / unit:.1f} {name}"
    return f"{number:.0f} bytes"
