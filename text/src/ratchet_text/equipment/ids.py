"""The ids of single devices in running text: "pump 2", "泵2", "Pumpe Nr. 101B", "FIC_201"."""

import re
from collections.abc import Set
from string import ascii_letters

from ratchet_text.characters import WORD_END, folded, folded_word
from ratchet_text.equipment.designations import designation_around
from ratchet_text.equipment.devices import (
    DeviceWord,
    device_after,
    device_ahead,
    device_at,
    device_before,
    device_of_word,
    word_start,
)
from ratchet_text.equipment.quick_path import FIRST, JOINTS, UNCLEAR, quick_id
from ratchet_text.equipment.tags import (
    EquipmentId,
    PlacedNumber,
    code_around,
    is_padded,
    is_tag_letter,
    is_tag_word,
    site_tags,
    tagged,
    unit_follows,
)
from ratchet_text.equipment.vocabulary import Vocabulary, active_vocabulary
from ratchet_text.units import is_unit

_REACH = 64
_LONGEST_NUMBERING = 10
_SURE_DIGITS = 3
_LEAD = 40
_MOST_LEADS = 10_000

# Possessive quantifiers: a scan is linear on any text.
_NUMBER = re.compile(r"\d++(?:[.,:]\d++)*+")
_ASCII_NUMBER = re.compile(r"[0-9][0-9]*+(?:[.,:][0-9]++)*+")
_ORDINAL = re.compile(r"(?:#|(?P<letter>[A-Z]))(?=[ -])")
_LETTER = re.compile(rf"(?:([A-ZА-Е])|-([A-F])|([a-f])){WORD_END}")
# Signs of the same width as their plain forms, so that positions stay.
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    (0x2010, 0x2011, 0xFE63), ord("-")
)
_LATIN = str.maketrans("АВЕС", "ABEC")
"""The Cyrillic letters of tags that look like Latin ones."""
_OTHER_SIGN = re.compile("[\uff01-\uff5e\u2010\u2011\ufe63]")


class IdReader:
    """Reads the devices of one text, number by number from left to right."""

    def __init__(self, text: str) -> None:
        if not text.isascii() and _OTHER_SIGN.search(text):
            text = text.translate(_PLAIN)
        self._text = text
        self._known = known = active_vocabulary()
        self._own = [] if known.tags is None else site_tags(known.tags, text)[::-1]
        self.quantity_leads: Set[str] = frozenset() if self._own else known.quantity_leads
        self.ordinal_starts = known.ordinal_starts
        self._reached = 0
        self._last: EquipmentId | None = None

    def id_of(self, start: int, end: int, lead: str = "") -> EquipmentId | None:
        """The id or designation that the number `text[start:end]` is part of; None for others.

        `lead` is the `lead_of` a number in plain digits. It joins `quantity_leads` if it alone
        shows that the number is a quantity: what was read before changes no later reading.
        """
        if start < self._reached:
            return self._last
        text, known, own = self._text, self._known, self._own
        while own and own[-1].end <= start:
            own.pop()
        first = start - _REACH
        ahead = text[first if first > self._reached else self._reached : start]
        if own and own[-1].start <= start:
            one: EquipmentId | None = own.pop()
        else:
            one = quick_id(known, text, start, end, ahead)
            if one is None and lead and ahead.endswith(lead):
                self._remember(lead)
            elif one is UNCLEAR:
                one = designation_around(text, start, self._reached)
                one = one or code_around(text, start, end, self._reached)
                one = one or _single(known, text, start, end, ahead)
        if one is not None:
            self._last, self._reached = one, one.end
        return one

    def _remember(self, lead: str) -> None:
        """Add a lead of plain words to the leads of quantities."""
        *_, last = words = lead.split(" ")[:-1] or [""]
        known = self._known
        if lead.isascii() and all(map(str.islower, words)) and last not in known.words:
            if len(known.quantity_leads) >= _MOST_LEADS:
                known.quantity_leads.clear()
            known.quantity_leads.add(lead)


def lead_of(text: str, start: int) -> str:
    """The two words before a number that begins at `start`, with their spaces."""
    first = start - _LEAD if start > _LEAD else 0
    last_word = text.rfind(" ", first, start - 1)
    if last_word > first:
        first = text.rfind(" ", first, last_word) + 1 or first
    return text[first:start]


def equipment_ids(text: str) -> list[EquipmentId]:
    """Every device that a text names by its number or tag, in order and in linear time.

    A number that begins between `start` and `end` of one of them is no quantity.
    """
    reader = IdReader(text)
    found: list[EquipmentId] = []
    for match in (_ASCII_NUMBER if text.isascii() else _NUMBER).finditer(text):
        one = reader.id_of(*match.span())
        if one is not None and not one.designation and not (found and found[-1] is one):
            found.append(one)
    return found


def _single(known: Vocabulary, text: str, start: int, end: int, ahead: str) -> EquipmentId | None:
    """The id that the word beside the number `text[start:end]` makes with it."""
    stem = start - len(ahead) + len(_before_joints(known, ahead))
    number = PlacedNumber(folded_word(text[start:end]), start, end, stem, text[stem:start])
    if stem > start - len(ahead):
        first = word_start(text, stem)
        device = device_of_word(known, text, first, stem) if number.whole else None
        if device is not None:
            return _numbered(known, text, number, device)
        word = text[first:stem]
        if is_tag_word(word):
            return tagged(text, number, first) or _lettered(text, number, first)
        if word[:1].isalpha() and is_padded(number.digits):
            return EquipmentId(folded(word), number.tag, first, end)
    return _counted(known, text, number) if number.whole else None


def _lettered(text: str, number: PlacedNumber, start: int) -> EquipmentId | None:
    """The id of a device word before one letter and a number: "pump A2"."""
    if number.joint or number.start - start > 1 or not text.startswith(" ", max(0, start - 1)):
        return None
    device = device_before(text, start - 1)
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
