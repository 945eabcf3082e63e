"""A number in running text, with what stands around it."""

from functools import cached_property
from typing import NamedTuple

from ratchet_text.numbers.notation import decimal_mark_of, readings_of
from ratchet_text.numbers.patterns import EVERY
from ratchet_text.numbers.shown import Reading, Shown
from ratchet_text.numbers.signs import PLUS, signs_of


class NumberedText:
    """The text of mentions, in canonical characters."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _decimal_mark(self) -> str | None:
        return decimal_mark_of(match[1] for match in EVERY.finditer(self.text))

    def decimal_mark(self) -> str | None:
        """The decimal mark on which the numbers of the text agree."""
        return self._decimal_mark


class NumberMention(NamedTuple):
    """A number, written in `text[start:end]`, and the token after it (a unit, if it is one).

    `glued`: it is part of a word, ordinal or designation ("CO2", "2nd", "DN 50"), so no quantity.
    `identity`: the (device, tag) of the equipment id or designation that it is part of.
    `spelled`: its readings, if it is written in words.
    `scale`: 1000 in "45 thousand", whose digits end before the scale.
    """

    page: NumberedText
    start: int
    end: int
    follower: str
    glued: bool
    identity: tuple[str, str] | None = None
    spelled: tuple[Reading, ...] = ()
    scale: int = 1

    def readings(self) -> tuple[Reading, ...]:
        """The possible readings, the most usual one first; no reading is empty."""
        readings = self.spelled or readings_of(
            self.page.text[self.start : self.end], self.page.decimal_mark
        )
        signs = signs_of(self.page.text, self.start, self.end)
        if self.scale == 1 and signs is PLUS:
            return readings
        fewer = len(str(self.scale)) - 1
        return tuple(
            tuple(Shown(sign * self.scale * value, shown - fewer) for value, shown in reading)
            for sign in signs
            for reading in readings
        )
