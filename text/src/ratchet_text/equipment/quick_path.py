"""The quick way to see that a number is no part of an id, or of a plain one."""

import re
from string import ascii_letters
from unicodedata import is_normalized

from ratchet_text.characters import PART, folded_word
from ratchet_text.equipment.devices import device_after
from ratchet_text.equipment.tags import EquipmentId, unit_follows
from ratchet_text.equipment.vocabulary import TAIL, Vocabulary

UNCLEAR = EquipmentId("", "", 0, 0)
"""The answer for a number that takes a closer look."""
JOINTS = " -_#\u00a0\u202f№"
"""Characters between a word and its number."""
FIRST = "第"
"""It stands before an ordinal in Chinese and Japanese."""
_PLAIN_ENDS = frozenset(("", " ", ".", ",", ";", ":", "?", "!", "'"))
_NUMBERING_ENDS = frozenset((".", "°", "º"))
_IN_WORD = re.compile(rf"(?![\x00-\x7f]){PART}")


def quick_id(known: Vocabulary, text: str, start: int, end: int, ahead: str) -> EquipmentId | None:
    """The id that the number `text[start:end]` after `ahead` makes with a plain device word.

    None after a common word, as most numbers are; `UNCLEAR` after any other.
    """
    if ahead[-1:] == " " and text[end : end + 1] in _PLAIN_ENDS and "#" not in ahead:
        word = ahead[ahead.rfind(" ", 0, -1) + 1 : -1]
        kind = known.plain.get(word)
        if kind is not None and text[end + 1 : end + 2] not in known.ordinal_starts:
            return _numbered(text, start, end, kind, start - 1 - len(word))
    stem = ahead.rstrip(JOINTS)
    before = stem.rstrip(ascii_letters)
    word = stem[len(before) :]
    after = text[end : end + 1]
    first = text[start]
    if after == "#" or "A" <= after <= "Z" or "#" in ahead or not first.isascii():
        return UNCLEAR
    ordinal = text[end + 1 : end + 2] if after == " " else after
    if ordinal in known.ordinal_starts and device_after(text, end) is not None:
        return UNCLEAR
    last = before[-1:]
    if not word:
        if last in known.run_lengths:
            return _after_run(known, text, start, end, stem, ahead[len(stem) :])
        if last in _NUMBERING_ENDS or last == FIRST:
            return UNCLEAR
        on_digit = before[-2:-1].isdecimal() and not last.isalpha()
        return UNCLEAR if _IN_WORD.match(last) and not on_digit else None
    if not last.isascii():
        return UNCLEAR
    lower = word.lower()
    kind = known.words.get(lower)
    if kind is not None:
        joint = ahead[len(stem) :]
        hyphens = last == "-" or after == "-"
        if joint not in (" ", "-") or hyphens or after.isalpha() or lower in known.phrases:
            return UNCLEAR
        place = start - len(ahead) + len(before)
        return _numbered(text, start, end, kind, place, joined=joint == "-")
    if first == "0" or lower in known.beginnings or lower[-TAIL:] in known.tails or word.isupper():
        return UNCLEAR
    if before[-2:] in known.links:
        return UNCLEAR
    link = before[before.rfind(" ", 0, -1) + 1 : -1]
    is_link = link in known.links or (not link.isascii() and folded_word(link) in known.links)
    return UNCLEAR if is_link else None


def _after_run(
    known: Vocabulary, text: str, start: int, end: int, stem: str, joint: str
) -> EquipmentId | None:
    """The id with a number after a character that may end a device word, as in "泵2"."""
    after = text[end : end + 1]
    if joint not in ("", " ") or after == "-" or ("a" <= after <= "z"):
        return UNCLEAR
    for length in known.run_lengths[stem[-1]]:
        kind = known.runs.get(stem[-length:])
        if kind is not None and length <= len(stem):
            break
    else:
        return None if is_normalized("NFKC", stem) else UNCLEAR
    return _numbered(text, start, end, kind, start - len(joint) - length)


def _numbered(
    text: str, start: int, end: int, kind: str, place: int, *, joined: bool = False
) -> EquipmentId | None:
    """The id that the number `text[start:end]` makes with the device word at `place`."""
    digits = text[start:end]
    if not digits.isascii():
        return UNCLEAR
    if not digits.isdecimal():
        return None
    padded = digits[0] == "0" != digits
    if not (joined or padded) and unit_follows(text, end):
        return None
    return EquipmentId(kind.rpartition(" ")[2], digits.lstrip("0") or "0", place, end, kind)
