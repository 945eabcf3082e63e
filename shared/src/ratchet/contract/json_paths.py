"""Places inside a JSON value, as pydantic names them, and the value without what lies there."""

from typing import Any

Place = tuple[int | str, ...]


def taken_out(holder: Any, place: Place) -> Any:
    """A copy of `holder` that lacks the key or the element at `place`, which is not empty.

    Raises `LookupError` when `place` leads nowhere.
    """
    first, *rest = place
    copy: Any = dict(holder) if isinstance(holder, dict) else list(holder)
    if rest:
        copy[first] = taken_out(holder[first], tuple(rest))
    else:
        del copy[first]
    return copy
