"""A number that is written in words, and when such words are a quantity at all.

"One of the pumps" and "three phases" state no value. Words are a quantity with a unit ("two bar"),
with decimals ("three point five"), or if they are several ("forty-five", "dreiundvierzig"). One
second, hour or day and half of one are figures of speech; a dozen is not exact.
"""

from typing import NamedTuple

from ratchet_text.equipment import EquipmentId
from ratchet_text.followers import follower_at
from ratchet_text.numbers.shown import Reading
from ratchet_text.numbers.signs import is_below_zero
from ratchet_text.units import is_unit, unit_kind


class Spelled(NamedTuple):
    """A number in words, written in `text[start:end]`.

    It is part of an id if it has a `device`.
    """

    start: int
    end: int
    readings: tuple[Reading, ...]
    follower: str
    device: EquipmentId | None = None


def quantity(
    text: str, start: int, end: int, readings: tuple[Reading, ...], *, clear: bool
) -> Spelled | None:
    """The number in `text[start:end]` if it is `clear`, has a unit or is below zero."""
    follower, _ = follower_at(text, end)
    value = readings[0][0].value
    if not (clear or is_below_zero(text, end)):
        if not is_unit(follower) or (len(follower) == 1 and follower.isascii() and follower != "%"):
            return None
        if value <= 1 and (unit_kind(follower) == "time" or follower == "度"):
            return None
    return Spelled(start, end, readings, follower)
