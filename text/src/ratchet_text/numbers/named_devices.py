"""The devices of a text, by digits, tags or number words: "pump 2", "pump two", "二号泵"."""

from operator import attrgetter

from ratchet_text.equipment import EquipmentId, equipment_ids
from ratchet_text.numbers.canonical import canonical, is_plain
from ratchet_text.numbers.han import han_numbers
from ratchet_text.numbers.numerals import word_numbers


def named_equipment(text: str) -> list[EquipmentId]:
    """The `equipment_ids` of a text and those in number words, in order and in linear time."""
    spelled = word_numbers(text)
    if not is_plain(text):
        spelled += han_numbers(canonical(text))
    devices = [number.device for number in spelled if number.device is not None]
    found: list[EquipmentId] = []
    for one in sorted((*equipment_ids(text), *devices), key=attrgetter("start")):
        if not found or found[-1].end <= one.start:
            found.append(one)
    return found
