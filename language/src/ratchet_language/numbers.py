"""Numbers in running text, each with the word before it and the token after it."""

import re
from collections.abc import Iterator
from string import ascii_letters
from typing import NamedTuple

from ratchet_language.equipment import is_equipment_id, is_padded
from ratchet_language.units import is_unit

# Possessive quantifiers: a scan is linear on any text. The plain first digit is a fast prefix.
_NUMBER = re.compile(
    r"([0-9][0-9]*+(?:[.,:][0-9]++)*+)"
    r"[\s*_`-]*+"
    r"((?:[mM]3(?![^\W_])|[^\W\d_]++)(?:/[^\W\d_]++)?+|°[CFcf]?+|%)?+"
)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})++(?:\.\d++)?+")
_WORD_REACH = 24
_JOINTS = " -_#"
_MINUS = frozenset("-−")


class NumberMention(NamedTuple):
    """A number as written: `digits`, the word before, the token after, the sign and start.

    `glued`: a letter touches the first digit ("CO2", "AHU03").
    """

    digits: str
    word: str
    follower: str
    negative: bool
    glued: bool
    start: int

    @property
    def identity(self) -> tuple[str, str] | None:
        """(word, number without leading zeros) if this is part of an equipment id."""
        if not is_equipment_id(self.word, self.digits):
            return None
        if not (self.glued or is_padded(self.digits)) and is_unit(self.follower):
            return None
        return self.word.lower(), self.digits.lstrip("0") or "0"

    def values(self) -> Iterator[tuple[float, int]]:
        """Each (value, shown decimals): one for a quantity, several for a time or a date."""
        sign = -1.0 if self.negative else 1.0
        for part in self.digits.split(":"):
            thousands = _THOUSANDS.fullmatch(part) is not None
            plain = part.replace(",", "" if thousands else ".")
            pieces = plain.split(".")
            if len(pieces) > 2:
                yield from ((sign * float(piece), 0) for piece in pieces)
            else:
                yield sign * float(plain), len(pieces[-1]) if len(pieces) == 2 else 0


def number_mentions(text: str) -> list[NumberMention]:
    """All numbers of a text in order, in linear time."""
    mentions = []
    for match in _NUMBER.finditer(text):
        start = match.start()
        ahead = text[max(0, start - _WORD_REACH) : start]
        stem = ahead.rstrip(_JOINTS)
        word = stem[len(stem.rstrip(ascii_letters)) :]
        digits, follower = match.groups("")
        last = ahead[-1:]
        negative = word.lower() == "minus" or (last in _MINUS and not ahead[-2:-1].isalnum())
        mentions.append(NumberMention(digits, word, follower, negative, last.isalpha(), start))
    return mentions
