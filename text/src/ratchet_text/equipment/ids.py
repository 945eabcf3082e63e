"""The ids of single devices in running text: "pump 2", "泵2", "Pumpe Nr. 101B", "FIC_201"."""

import re
from collections.abc import Set

from ratchet_text.equipment.beside_numbers import id_beside
from ratchet_text.equipment.designations import designation_around
from ratchet_text.equipment.quick_path import UNCLEAR, quick_id
from ratchet_text.equipment.series import BETWEEN, next_of_series
from ratchet_text.equipment.tags import (
    EquipmentId,
    code_around,
    site_tags,
)
from ratchet_text.equipment.vocabulary import active_vocabulary

_REACH = 64
_LEAD = 40
_MOST_LEADS = 10_000

# Possessive quantifiers: a scan is linear on any text.
_NUMBER = re.compile(r"\d++(?:[.,:]\d++)*+")
_ASCII_NUMBER = re.compile(r"[0-9][0-9]*+(?:[.,:][0-9]++)*+")
# Signs of the same width as their plain forms, so that positions stay.
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    (0x2010, 0x2011, 0xFE63), ord("-")
)
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
                one = one or id_beside(known, text, start, end, ahead)
            if one is None and self._last is not None and text[self._reached : start] in BETWEEN:
                one = next_of_series(text, start, end, self._last)
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
