"""A number as a text shows it."""

from typing import NamedTuple


class Shown(NamedTuple):
    """A value, with the number of decimals that are shown; negative for "1.2e3" (-2)."""

    value: float
    decimals: int


Reading = tuple[Shown, ...]
"""One way to read a notation: one number, or several for a time, a date or a list."""
