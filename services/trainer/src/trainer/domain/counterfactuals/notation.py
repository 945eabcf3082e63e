"""How a number is written, so that another value can be written alike."""

from typing import NamedTuple

_STYLES = (("", "."), ("", ","), (",", "."), (".", ","), (" ", ","), (" ", "."), ("'", "."))
"""Marks of thousands and of decimals; the first that fits is meant."""


class Notation(NamedTuple):
    """The number of decimals, and the marks of thousands and decimals."""

    decimals: int
    thousands: str
    point: str

    def write(self, value: float, decimals: int | None = None) -> str:
        """A value without its sign."""
        shown = f"{abs(value):,.{self.decimals if decimals is None else decimals}f}"
        return shown.translate({ord(","): self.thousands, ord("."): self.point})


def notation_of(text: str, value: float) -> Notation | None:
    """The notation in which `text` shows exactly `value`; None if it does not."""
    digits = text.lstrip("+-−")
    negative = text[:1] in "-−"
    if negative != (value < 0) and value != 0:
        return None
    for thousands, point in _STYLES:
        decimals = len(digits.partition(point)[2])
        notation = Notation(decimals, thousands, point)
        if notation.write(value) == digits and round(value, decimals) == value:
            return notation
    return None
