"""Series of devices that share one word: "pumps 2, 3 and 4", "Pumpe 2 und 3", "泵2、3"."""

import re

from ratchet_text.characters import WORD_END
from ratchet_text.equipment.devices import device_ahead
from ratchet_text.equipment.language_files import listed
from ratchet_text.equipment.tags import EquipmentId, is_tag_letter, unit_follows
from ratchet_text.followers import CLOSED_UP

_NUMBERING = ("", "Nr. ", "nr. ", "Nr.", "No. ", "no. ", "Nummer ", "number ")


def _forms(word: str) -> tuple[str, ...]:
    """What stands before the last number of a series that `word` joins."""
    closed_up = (word, f"{word} ", f" {word} ")
    return closed_up if word >= CLOSED_UP else (f" {word} ", f", {word} ")


_LAST = frozenset(form for word in listed("series") for form in _forms(word))
BETWEEN = frozenset(last + word for last in (*_LAST, ", ", ",") for word in _NUMBERING)
"""What stands between two numbers of a series."""
_REST = re.compile(
    rf"(?:, ?[0-9]++[A-F]?+){{0,20}}+(?:{'|'.join(map(re.escape, sorted(_LAST)))})[0-9]++"
)
_LETTER = re.compile(rf"[A-F]{WORD_END}")
_COUNTERS = frozenset("台个個分点點時时次件")
_MOST_DIGITS = 3


def next_of_series(text: str, start: int, end: int, last: EquipmentId) -> EquipmentId | None:
    """The id of the number `text[start:end]`, which one of `BETWEEN` parts from the id `last`.

    Commas alone make no series in scripts with spaces: "pump 2, 45".
    """
    digits = text[start:end]
    if last.designation or not (digits.isascii() and digits.isdecimal()):
        return None
    longer = len(digits) - len(last.tag)
    if longer and not (last.kind and longer <= 1 and len(digits) <= _MOST_DIGITS):
        return None
    if text[last.end : start].strip() == ",":
        rest = _REST.match(text, end)
        if rest is None or unit_follows(text, rest.end()):
            return None
    letter = _LETTER.match(text, end) if last.tag[-1:].isalpha() else None
    if letter and is_tag_letter(letter[0]):
        return EquipmentId(last.key, digits.lstrip("0") + letter[0], start, letter.end(), last.kind)
    after = text[end : end + 1]
    if (after.isascii() and after.isalnum()) or after in _COUNTERS or unit_follows(text, end):
        return None
    if device_ahead(text, end) is not None:
        return None
    return EquipmentId(last.key, digits.lstrip("0") or "0", start, end, last.kind)
