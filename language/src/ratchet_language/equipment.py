"""Names of plant equipment in running text: device words, and the ids of single devices."""

import re
from collections.abc import Iterable, Iterator
from string import ascii_letters
from typing import NamedTuple

from ratchet_language.characters import PART, SPACELESS, folded
from ratchet_language.units import is_unit
from ratchet_language.vocabulary import Vocabulary, active_vocabulary

_TAG_LENGTH = 5
_REACH = 64
_LAST_WORD = re.compile(rf"{PART}")
_SPACELESS = re.compile(SPACELESS)


class DeviceWord(NamedTuple):
    """A device word in a text: `key` is the same for one kind of device in all languages."""

    key: str
    start: int


class EquipmentId(NamedTuple):
    """One piece of equipment in a text, written in `text[start:end]`.

    `key` and `tag` identify it: "Pumpe 02", "泵2" and "pump 2" are all ("pump", "2").
    """

    key: str
    tag: str
    start: int
    end: int


# Possessive quantifiers: a scan is linear on any text.
_NUMBER = re.compile(r"\d++(?:[.,:]\d++)*+")
_JOINTS = " \u00a0\u202f-_#№"
_CLOSE = ("-", "_", "#")
_FOLLOWER = re.compile(r"[\s*_`-]*+((?:[mM]3(?![^\W_])|[^\W\d_]++)(?:/[^\W\d_]++)?+|°[CFcf]?+|%)")
_LETTER_AFTER = re.compile(r"-?([A-Z])(?![^\W_])|([a-f])(?![^\W_])")
_MORE_AFTER = re.compile(r"([A-Z]{0,2}(?:[-/.][0-9]{1,3}[A-Z]?|-[A-Z])?)(?![^\W_])")
_CODE = re.compile(
    r"(?:[0-9]{1,2})?[A-Z]{3}[0-9]{2} ?[A-Z]{2}[0-9]{3}(?![^\W_])"
    r"|(?=(?:[A-Z_.+-]*[0-9]){3})[A-Z]{1,5}[0-9]{1,4}(?:[-_.+]?[A-Z]{1,5}[-_]?[0-9]{1,4})+[A-Z]?(?![^\W_])"
)
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TAG_LETTERS = frozenset("ABCDEF")


def device_before(text: str, end: int) -> DeviceWord | None:
    """The device word that ends at `text[end]`, in any of its forms.

    It is the last word, or in scripts that do not part words the longest device word at the end.
    A compound ("Kühlwasserpumpe") has a key of its own.
    """
    vocabulary = active_vocabulary()
    start = _word_start(text, end)
    if start == end:
        return _run_before(vocabulary, text, end)
    word = folded(text[start:end])
    key = vocabulary.words.get(word)
    if key is not None:
        return DeviceWord(key, start)
    for before, phrase_key in vocabulary.phrases.get(word, ()):
        at = start - 1 - len(before)
        if at >= 0 and folded(text[at : start - 1]) == before and not text[at - 1 : at].isalnum():
            return DeviceWord(phrase_key, at)
    return (
        _compound(vocabulary, word, start)
        or _run_before(vocabulary, text, end)
        or _linked(vocabulary, text, start)
    )


def _word_start(text: str, end: int) -> int:
    """The start of the word that ends at `text[end]`; `end` if there is none."""
    ahead = text[max(0, end - _REACH) : end]
    stem = ahead.rstrip(ascii_letters)
    while stem and not stem[-1].isascii() and _LAST_WORD.match(stem[-1]):
        stem = stem[:-1].rstrip(ascii_letters)
    return end - len(ahead) + len(stem)


def _compound(vocabulary: Vocabulary, word: str, start: int) -> DeviceWord | None:
    for cut in range(3, len(word) - 2):
        basic = vocabulary.compounds.get(word[cut:])
        if basic is not None:
            return DeviceWord(word[:cut] + basic, start)
    return None


def _run_before(vocabulary: Vocabulary, text: str, end: int) -> DeviceWord | None:
    if end and not text[end - 1].isascii():
        for length in range(min(vocabulary.longest_run, end), 0, -1):
            key = vocabulary.runs.get(folded(text[end - length : end]))
            if key is not None:
                return DeviceWord(key, end - length)
    return None


def _linked(vocabulary: Vocabulary, text: str, start: int) -> DeviceWord | None:
    """The device before a link and the word at `start`: "bomba" in "bomba de agua"."""
    link_end = start - 1
    link = _word_start(text, link_end) if start > 1 and text[link_end] == " " else link_end
    if link < 2 or folded(text[link:link_end]) not in vocabulary.links or text[link - 1] != " ":
        return None
    head = _word_start(text, link - 1)
    key = vocabulary.words.get(folded(text[head : link - 1]))
    return None if key is None else DeviceWord(key, head)


def device_after(text: str, start: int) -> DeviceWord | None:
    """The device word after a number that ends at `text[start]`: "2号泵", "101B pump"."""
    vocabulary = active_vocabulary()
    match = vocabulary.ordinal_device.match(text, start)
    if match is not None:
        return DeviceWord(vocabulary.runs[folded(match[1])], match.start(1))
    return None


def equipment_ids(text: str) -> list[EquipmentId]:
    """Every single piece of equipment that a text names, in order and in linear time.

    A number that begins within `start` and `end` of one of them is part of it, not a quantity.
    """
    found: list[EquipmentId] = []
    reached = 0
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if start >= reached:
            one = _id_around(text, start, end, reached)
            if one is not None:
                found.append(one)
                reached = one.end
    return found


def _id_around(text: str, start: int, end: int, reached: int) -> EquipmentId | None:
    code = _code_around(text, start, end, reached)
    if code is not None:
        return code
    digits = text[start:end]
    if not digits.isdecimal():
        return None
    stem = _before_joints(text, start)
    joint = text[stem:start]
    device = device_before(text, stem) if stem else None
    if device is not None:
        suffix = _LETTER_AFTER.match(text, end) if joint[-1:] != "-" or len(joint) == 1 else None
        if (
            suffix is None
            and not (joint in _CLOSE or _is_glued(text, start) or is_padded(digits))
            and _unit_follows(text, end)
        ):
            return None
        letter = "".join(suffix.groups("")).upper() if suffix else ""
        if letter and letter not in _TAG_LETTERS and is_unit(letter):
            return None
        return EquipmentId(
            device.key, _number(digits) + letter, device.start, suffix.end() if suffix else end
        )
    word_start = _word_start(text, stem)
    word = text[word_start:stem]
    if is_equipment_id(word, digits) and (
        is_padded(digits)
        or _is_glued(text, start)
        or joint in _CLOSE
        or not _unit_follows(text, end)
    ):
        return EquipmentId(folded(word), _number(digits), word_start, end)
    return None


def _before_joints(text: str, start: int) -> int:
    ahead = text[max(0, start - _REACH) : start]
    stem = ahead.rstrip(_JOINTS)
    return start - len(ahead) + len(stem)


def _code_around(text: str, start: int, end: int, reached: int) -> EquipmentId | None:
    return None


def _number(digits: str) -> str:
    return str(int(digits))


def _is_glued(text: str, start: int) -> bool:
    return start > 0 and text[start - 1].isalpha()


def _unit_follows(text: str, end: int) -> bool:
    match = _FOLLOWER.match(text, end)
    return match is not None and is_unit(match[1])


def equipment_words(words: Iterable[str]) -> frozenset[str]:
    """The kinds of device among words in lower case ("pumps" and "Kühlwasserpumpe" -> "pump")."""
    return frozenset(key for word in words for key in _kinds(word))


def _kinds(word: str) -> Iterator[str]:
    vocabulary = active_vocabulary()
    key = vocabulary.words.get(word)
    if key is not None:
        yield key
    elif not word.isascii():
        yield from (
            vocabulary.runs[match[0]] for match in vocabulary.run_device.finditer(folded(word))
        )


def is_padded(digits: str) -> bool:
    """A zero-padded whole number ("001", "03"): never a quantity, always part of an id."""
    return len(digits) > 1 and digits[0] == "0" and digits.isdecimal()


def is_equipment_id(word: str, digits: str) -> bool:
    """Whether a word and the number right after it name one piece of equipment.

    True for any word before a zero-padded number ("line 004"), and for an equipment word
    or a short capital tag before a whole number ("pump 12", "TT-101").
    """
    if not word or not digits.isdecimal():
        return False
    if is_padded(digits) or device_before(word, len(word)) is not None:
        return True
    return len(digits) > 1 and len(word) <= _TAG_LENGTH and word.isupper()
