"""The validation context of values that enter the system, and values of any shape."""

import sys
from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo

_LARGEST = sys.float_info.max


@dataclass(frozen=True)
class Door:
    """Pass it as pydantic's `context` where clients' values are read: they are refused if invalid.

    A time without a zone is read in `zone`, and refused if that is None. Without a door, stored
    values of every release are read: a time is clipped to the supported range, an id is kept.
    """

    zone: tzinfo | None = None


def _finite(value: Any, info: ValidationInfo) -> Any:
    left = [value] if isinstance(info.context, Door) else []
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left.extend(one.values())
        elif isinstance(one, list | tuple):
            left.extend(one)
        elif isinstance(one, int | float) and not abs(one) <= _LARGEST:
            raise ValueError("contains a number that is not finite or beyond 1.8e308")
    return value


FreeValue = Annotated[Any, AfterValidator(_finite)]
FreeObject = Annotated[dict[str, Any], AfterValidator(_finite)]
FreeValues = Annotated[tuple[Any, ...], AfterValidator(_finite)]
Index = Annotated[int, AfterValidator(_finite)]
