"""Which device of a situation a text means, and which names mean none of them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from unicodedata import normalize

from ratchet_text import (
    active_vocabulary,
    device_type,
    equipment_ids,
    equipment_words,
    named_equipment,
)
from ratchet_truth.vocabulary.tokens import WordToken, tokens_in

STRANGER = -1
"""The position of a device that the situation does not have."""
_GENERIC = frozenset(("machine", "sensor", "meter", "panel", "cell"))
"""Kinds that a sentence about any device may name: "other machines", "the sensor reads"."""
_SECOND = re.compile(r"\s*\(([^()]+)\)")
_SEPARATORS = str.maketrans("-_", "  ")


class Device(NamedTuple):
    """A device by its name: its id (key, tag), its kind, and the words that qualify it.

    "exhaust fan 9" is ("fan", "9") with the modifier "exhaust". `literal` is the name in lower
    case, for names without an id. `second` is an id in parentheses, that of "chiller 1 (CH-001)".
    """

    name: str
    key: str
    tag: str
    kind: str
    modifiers: tuple[str, ...]
    literal: str
    keys: frozenset[str]
    second: tuple[str, str] | None = None


class NamedDevice(NamedTuple):
    """A device that an answer names, at `text[start:end]`; `STRANGER` if it is none."""

    start: int
    end: int
    device: int
    said: str
    bare: bool = False


@lru_cache(4_096)
def device_named(name: str) -> Device:
    """The parts of a device's name."""
    composed = normalize("NFC", name)
    one = next(iter(equipment_ids(composed)), None)
    literal = " ".join(composed.lower().translate(_SEPARATORS).split())
    words = [token.text for token in tokens_in(composed)]
    if one is None:
        return Device(name, "", "", device_type(composed), (), literal, equipment_words(words))
    modifiers = tuple(token.text for token in tokens_in(composed[: one.start]))
    keys = equipment_words(words) | ({one.key} if one.kind else frozenset())
    second = _in_parentheses(composed, one.end)
    return Device(name, one.key, one.tag, one.kind, modifiers, literal, keys, second)


def _in_parentheses(name: str, start: int) -> tuple[str, str] | None:
    """The key and the tag of the id in parentheses that ends a name."""
    found = _SECOND.fullmatch(name[start:])
    ids = equipment_ids(found[1]) if found else []
    return (ids[0].key, ids[0].tag) if len(ids) == 1 else None


def named_devices(
    text: str, tokens: Sequence[WordToken], devices: Sequence[Device]
) -> list[NamedDevice]:
    """The devices that a text names by an id, or by a name without an id, in order."""
    found = [
        NamedDevice(
            one.start, one.end, _match(one.key, one.tag, one.kind, one.start, tokens, devices), ""
        )
        for one in named_equipment(text)
    ]
    lowered = text.lower().translate(_SEPARATORS)
    for place, device in enumerate(devices):
        if not device.key and device.literal and len(lowered) == len(text):
            found += _literal(lowered, device.literal, place, found)
    return [one._replace(said=text[one.start : one.end]) for one in sorted(found)]


def _literal(text: str, name: str, place: int, taken: Sequence[NamedDevice]) -> list[NamedDevice]:
    found: list[NamedDevice] = []
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        joined = text[end : end + 1].isalnum() and name[-1].isascii()
        inside = (start and text[start - 1].isalnum() and name[0].isascii()) or joined
        if not inside and all(end <= one.start or one.end <= start for one in taken):
            found.append(NamedDevice(start, end, place, ""))
        start = text.find(name, end)
    return found


def _match(
    key: str,
    tag: str,
    kind: str,
    start: int,
    tokens: Sequence[WordToken],
    devices: Sequence[Device],
) -> int:
    """The device with this id; of several, the one whose modifiers stand before it."""
    same = [
        place
        for place, one in enumerate(devices)
        if (one.tag == tag and (one.key == key or (kind and one.kind == kind and _short(key, one))))
        or one.second == (key, tag)
    ]
    if len(same) < 2:
        return same[0] if same else STRANGER
    before = [token.text for token in tokens if token.end <= start][-3:]
    fitting = [
        place
        for place in same
        if devices[place].modifiers
        and tuple(before[-len(devices[place].modifiers) :]) == devices[place].modifiers
    ]
    if fitting:
        return fitting[0]
    exact = [place for place in same if devices[place].key == key and not devices[place].modifiers]
    return exact[0] if exact else same[0]


def _short(key: str, device: Device) -> bool:
    """Whether a key is a short form of a device's ("pumpe" of "kühlwasserpumpe"), or its kind."""
    return key == device.kind.rpartition(" ")[2] or device.key == device.kind.rpartition(" ")[2]


def bare_devices(
    tokens: Sequence[WordToken],
    text: str,
    named: Sequence[NamedDevice],
    devices: Sequence[Device],
    known_words: frozenset[str],
) -> list[NamedDevice]:
    """The devices that are named by their kind alone ("the boiler"), among words outside of ids.

    A word of the situation itself that is no device of it, as in "motor current", names none.
    """
    found: list[NamedDevice] = []
    if not text.isascii():
        for match in active_vocabulary().run_device.finditer(text):
            keys = equipment_words([match[0]])
            found += _bare(keys, *match.span(), match[0], named, devices, known_words)
    for token in tokens:
        keys = equipment_words([token.text]) if len(token.text) > 1 else frozenset[str]()
        found += _bare(keys, token.start, token.end, token.text, named, devices, known_words)
    return found


def _bare(
    keys: frozenset[str],
    start: int,
    end: int,
    word: str,
    named: Sequence[NamedDevice],
    devices: Sequence[Device],
    known_words: frozenset[str],
) -> list[NamedDevice]:
    if not keys or any(one.start < end and start < one.end for one in named):
        return []
    same = [place for place, one in enumerate(devices) if one.keys & keys]
    if len(same) == 1:
        return [NamedDevice(start, end, same[0], word, bare=True)]
    if same or word in known_words or keys <= _GENERIC:
        return []
    return [NamedDevice(start, end, STRANGER, word, bare=True)]
