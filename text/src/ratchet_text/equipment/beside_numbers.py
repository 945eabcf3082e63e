"""The id that a device word or letters beside a number make with it: "pump 2", "2号泵"."""

import re
from string import ascii_letters

from ratchet_text.characters import WORD_END, folded, folded_word
from ratchet_text.equipment.devices import (
    DeviceWord,
    device_after,
    device_ahead,
    device_at,
    device_before,
    device_of_word,
    word_start,
)
from ratchet_text.equipment.quick_path import FIRST, JOINTS
from ratchet_text.equipment.tags import (
    EquipmentId,
    PlacedNumber,
    is_padded,
    is_tag_letter,
    is_tag_word,
    tagged,
    unit_follows,
)
from ratchet_text.equipment.vocabulary import Vocabulary
from ratchet_text.followers import CLOSED_UP
from ratchet_text.units import is_unit

_LONGEST_NUMBERING = 10
_SURE_DIGITS = 3
_ORDINAL = re.compile(r"(?:#|(?P<letter>[A-Z]))(?=[ -])")
_LETTER = re.compile(rf"(?:([A-ZА-Е])|-([A-F])|([a-f])){WORD_END}")
_LATIN = str.maketrans("АВЕС", "ABEC")
"""The Cyrillic letters of tags that look like Latin ones."""


def id_beside(known: Vocabulary, text: str, start: int, end: int, ahead: str) -> EquipmentId | None:
    """The id that the word beside the number `text[start:end]` makes with it."""
    stem = start - len(ahead) + len(_before_joints(known, ahead))
    number = PlacedNumber(folded_word(text[start:end]), start, end, stem, text[stem:start])
    if stem > start - len(ahead):
        first = word_start(text, stem)
        device = device_of_word(known, text, first, stem) if number.whole else None
        if device is not None:
            return _numbered(known, text, number, device)
        if "A" <= text[stem - 1] <= "Z" and text[stem - 2 : stem - 1] >= CLOSED_UP:
            first = stem - 1
        word = text[first:stem]
        if is_tag_word(word):
            return tagged(text, number, first) or _lettered(text, number, first)
        if word[:1].isalpha() and is_padded(number.digits):
            return EquipmentId(folded(word), number.tag, first, end)
    return _counted(known, text, number) if number.whole else None


def _lettered(text: str, number: PlacedNumber, start: int) -> EquipmentId | None:
    """The id of a device word before one letter and a number: "pump A2"."""
    before = text[start - 1 : start] if start else ""
    if number.joint or number.start - start > 1 or not (before == " " or before >= CLOSED_UP):
        return None
    device = device_before(text, start - (before == " "))
    if device is None:
        return None
    tag = text[start] + number.tag
    return EquipmentId(device.key, tag, device.start, number.end, device.kind)


def _before_joints(known: Vocabulary, ahead: str) -> str:
    """The text before a number without what joins them (" ", "-", "#", "Nr.")."""
    stem = ahead.rstrip(JOINTS)
    numbering = stem[stem.rfind(" ") + 1 :]
    if stem[-1:] == "." and folded_word(numbering) not in known.numbering:
        numbering = stem[len(stem[:-1].rstrip(ascii_letters)) :]
    if len(numbering) <= _LONGEST_NUMBERING and folded_word(numbering) in known.numbering:
        return stem.removesuffix(numbering).rstrip(JOINTS)
    return stem


def _numbered(
    known: Vocabulary, text: str, number: PlacedNumber, device: DeviceWord
) -> EquipmentId | None:
    """The id of a device word before a number; None if the number is a quantity."""
    signed = number.joint != "-" and number.joint.endswith("-")
    match = None if signed else _LETTER.match(text, number.end)
    letter = match[match.lastindex or 0].upper().translate(_LATIN) if match else ""
    if match and not _belongs(known, letter, device):
        match, letter = None, ""
    glued = not number.joint and text[number.start - 1].isascii()
    if not (match or glued or number.joined or number.marked) and unit_follows(text, number.end):
        return None
    end = match.end() if match else number.end
    return EquipmentId(device.key, number.tag + letter, device.start, end, device.kind)


def _counted(known: Vocabulary, text: str, number: PlacedNumber) -> EquipmentId | None:
    """The id of a number before its device: "2号泵", "101B pump", "No. 2 pump"."""
    end, tag = number.end, number.tag
    counted = device_after(text, end)
    if counted is None and (number.marked or text.startswith(FIRST, max(0, number.start - 1))):
        counted = device_at(text, end)
    if counted is not None:
        return EquipmentId(counted.key, tag, number.start, counted.end, counted.kind)
    ordinal = _ORDINAL.match(text, end)
    if ordinal is None and not number.marked:
        return None
    letter, end = (ordinal["letter"] or "", ordinal.end()) if ordinal else ("", end)
    device = device_ahead(text, end)
    if device is None or (letter and not _belongs(known, letter, device)):
        return None
    if not letter and unit_follows(text, end):
        return None
    if is_unit(letter) and len(tag) < _SURE_DIGITS:
        return None
    return EquipmentId(device.key, tag + letter, number.start, device.end, device.kind)


def _belongs(known: Vocabulary, letter: str, device: DeviceWord) -> bool:
    """Whether a letter glued to a device's number is part of it: not in "breaker 100A"."""
    return is_tag_letter(letter) and not (letter == "A" and device.kind in known.rated)
