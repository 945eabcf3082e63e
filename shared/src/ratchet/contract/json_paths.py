"""Removes the part of a JSON value that a pydantic error location names."""

from typing import Any

Place = tuple[int | str, ...]


def without_place(holder: Any, place: Place) -> Any:
    """A copy of `holder` without the key or the element at `place`, which is not empty.

    Raises `LookupError` if `place` does not exist.
    """
    first, *rest = place
    copy: Any = dict(holder) if isinstance(holder, dict) else list(holder)
    if rest:
        copy[first] = without_place(holder[first], tuple(rest))
    else:
        del copy[first]
    return copy
