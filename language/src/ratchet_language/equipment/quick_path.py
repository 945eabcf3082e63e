"""The quick way to see that a number is no part of an id, or of a plain one."""

import re
from string import ascii_letters

from ratchet_language.characters import SPACELESS, folded_word
from ratchet_language.equipment.tags import EquipmentId, is_padded, unit_follows
from ratchet_language.equipment.vocabulary import TAIL, Vocabulary

UNCLEAR = EquipmentId("", "", 0, 0)
"""The answer for a number that takes a closer look."""
JOINTS = " -_#\u00a0\u202f№"
"""What may stand between a word and its number."""
FIRST = "第"
"""It stands before an ordinal in Chinese and Japanese."""
_NUMBERING_ENDS = frozenset((".", "°", "º"))
_CHARACTER = re.compile(SPACELESS)


def quick_id(known: Vocabulary, text: str, start: int, end: int, ahead: str) -> EquipmentId | None:
    """The id that the number `text[start:end]` after `ahead` makes with a plain device word.

    None after a common word, as most numbers are; `UNCLEAR` after any other.
    """
    stem = ahead.rstrip(JOINTS)
    before = stem.rstrip(ascii_letters)
    word = stem[len(before) :]
    after = text[end : end + 1]
    first = text[start]
    if after == "#" or "A" <= after <= "Z" or "#" in ahead or not first.isascii():
        return UNCLEAR
    if not after.isascii() and after in known.ordinal_starts:
        return UNCLEAR
    last = before[-1:]
    if not word:
        known_end = last in _NUMBERING_ENDS or last in known.run_ends or last == FIRST
        clear = last.isascii() or _CHARACTER.match(last)
        return None if clear and not known_end else UNCLEAR
    if not last.isascii():
        return UNCLEAR
    lower = word.lower()
    kind = known.words.get(lower)
    if kind is not None:
        digits, joint = text[start:end], ahead[len(stem) :]
        hyphens = last == "-" or after == "-"
        if joint not in (" ", "-") or hyphens or after.isalpha() or lower in known.phrases:
            return UNCLEAR
        if not digits.isdecimal():
            return None
        if not (joint == "-" or is_padded(digits)) and unit_follows(text, end):
            return None
        place = start - len(ahead) + len(before)
        return EquipmentId(kind.rpartition(" ")[2], digits.lstrip("0") or "0", place, end, kind)
    if first == "0" or lower in known.beginnings or lower[-TAIL:] in known.tails or word.isupper():
        return UNCLEAR
    link = before[before.rfind(" ", 0, -1) + 1 : -1]
    is_link = link in known.links or (not link.isascii() and folded_word(link) in known.links)
    return UNCLEAR if is_link else None
