"""Numbers in English and German words: "forty-five point three", "dreiundvierzig Komma fünf"."""

import re
from collections.abc import Collection, Iterator
from itertools import islice
from typing import NamedTuple

from ratchet_text.characters import lowered_words
from ratchet_text.equipment import EquipmentId, active_vocabulary, device_before
from ratchet_text.numbers.lexicon import (
    AFTER_ONE,
    ARTICLES,
    COUNTED,
    DECADE,
    EINHALB,
    FIRST_TENS,
    HALVES,
    HUNDRED,
    MIXED,
    PARTS,
    POINTS,
    SCALES,
    SINGLE,
    SPOKEN_ZEROS,
    TRIGGERS,
    value_of,
)
from ratchet_text.numbers.shown import Shown
from ratchet_text.numbers.spelled import Spelled, quantity
from ratchet_text.units import is_unit

_WORD = re.compile("[^\\W\\d_](?:[^\\W\\d_]|\u0308)*+")
_JOINTS = frozenset((" ", "-", "\u202f", "\n"))


class _Word(NamedTuple):
    start: int
    end: int
    text: str


def word_numbers(
    text: str, words: Collection[str] | None = None, most: int | None = None
) -> list[Spelled]:
    """The quantities in words, and the ids of devices ("pump two"), in order: the first `most`.

    `words` are the words of the text in lower case, if they are known.
    """
    lowered = text.lower()
    if words is None:
        words = lowered_words(text)
    if (
        TRIGGERS.isdisjoint(words)
        and "hundert" not in lowered
        and "tausend" not in lowered
        and EINHALB not in lowered
        and "\u0308" not in lowered
    ):
        return []
    found = [_Word(*match.span(), match[0]) for match in _WORD.finditer(lowered)]
    return list(islice(_numbers(text, found), most))


def _numbers(text: str, words: list[_Word]) -> Iterator[Spelled]:
    at = 0
    while at < len(words):
        found, after = _half(text, words, at) or _number(text, words, at)
        if found is not None:
            yield found
        at = after


def _half(text: str, words: list[_Word], at: int) -> tuple[Spelled | None, int] | None:
    """Half a unit, and the words with a half in them."""
    start, end, word = words[at]
    value = MIXED.get(word)
    if value is None and word.endswith(EINHALB):
        whole = value_of(word.removesuffix(EINHALB))
        value = None if whole is None else whole + 0.5
    if value is not None:
        return quantity(text, start, end, ((Shown(value, 1),),), clear=True), at + 1
    if word not in HALVES:
        return None
    if _follows(text, words, at) and words[at + 1].text in ARTICLES:
        end = words[at + 1].end
    return quantity(text, start, end, ((Shown(0.5, 1),),), clear=False), at + 1


def _number(text: str, words: list[_Word], at: int) -> tuple[Spelled | None, int]:
    whole, after = _whole(text, words, at)
    if whole is None or _scales_digits(text, words[at]):
        return None, max(after, at + 1)
    decimals, after = _decimals(text, words, after)
    shown = Shown(float(f"{whole}.{decimals}"), len(decimals))
    part = None if decimals else _part(text, words, after)
    if part is not None:
        decimals = f"{part}".partition(".")[2]
        shown, after = Shown(whole + part, len(decimals)), after + 3
    start, end = words[at].start, words[after - 1].end
    clear = bool(decimals) or after > at + 1 or words[at].text not in SINGLE
    found = quantity(text, start, end, ((shown,),), clear=clear)
    if decimals or (found and is_unit(found.follower)) or _counts(words, at, after):
        return found, after
    device = device_before(text, _stem(text, words, at)) if shown.value else None
    if device is not None:
        one = EquipmentId(device.key, str(whole), device.start, end, device.kind)
        found = Spelled(start, end, ((shown,),), "", one)
    return found, after


def _counts(words: list[_Word], at: int, after: int) -> bool:
    """Whether a number counts what follows, or stands for a device: "the pump one of them"."""
    following = words[after].text if after < len(words) else ""
    return following in COUNTED or (words[at].text == "one" and following in AFTER_ONE)


def _stem(text: str, words: list[_Word], at: int) -> int:
    """Where the word ends that a number in words may number: "pump two", "pump number two"."""
    start = words[at].start
    if text[start - 1 : start] not in _JOINTS:
        return 0
    before = words[at - 1] if at else words[at]
    written = text[before.start : start].rstrip().lower()
    if {written, f"{written}."} & active_vocabulary().numbering:
        return max(0, before.start - 1)
    return start - 1


def _scales_digits(text: str, word: _Word) -> bool:
    """Whether the word is the scale of digits before it ("1.2 million")."""
    return word.text in SCALES and text[max(0, word.start - 2) : word.start].strip().isdigit()


def _whole(text: str, words: list[_Word], at: int) -> tuple[int | None, int]:
    """The longest whole number that begins at a word, and the index after it."""
    total = section = 0
    scale_before, open_ended = 10**12, True
    begin = at
    while at < len(words) and (at == begin or _follows(text, words, at - 1)):
        word = words[at].text
        value, scale = value_of(word), SCALES.get(word)
        if scale is not None:
            if scale >= scale_before or (scale == HUNDRED and section >= HUNDRED):
                break
            if scale == HUNDRED:
                section = (section or 1) * scale
            else:
                total, section, scale_before = total + (section or 1) * scale, 0, scale
            open_ended = True
        elif value is not None and _fits(section, value, open_ended=open_ended):
            section, open_ended = section + value, False
        elif not (word in ("and", "und") and at > begin and open_ended):
            break
        at += 1
    if at > begin and words[at - 1].text in ("and", "und"):
        at -= 1
    return (None, at) if at == begin else (total + section, at)


def _fits(section: int, value: int, *, open_ended: bool) -> bool:
    """Whether a number word continues the words before it, as "five" after "forty"."""
    if open_ended:
        return section == 0 or value < HUNDRED
    return section % DECADE == 0 and section % HUNDRED >= FIRST_TENS and 0 < value < DECADE


def _decimals(text: str, words: list[_Word], at: int) -> tuple[str, int]:
    """The digits after "point" or "Komma"."""
    digits, value_before, reached = "", 0, at
    if at < len(words) and words[at].text in POINTS and _follows(text, words, at - 1):
        at += 1
        while at < len(words) and _follows(text, words, at - 1):
            value = 0 if words[at].text in SPOKEN_ZEROS else value_of(words[at].text)
            if value is None or value >= HUNDRED or words[at].text in SCALES:
                break
            if value_before and _fits(value_before, value, open_ended=False):
                digits = digits[:-1]
            digits += str(value)
            at, value_before = at + 1, value
            reached = at
    return digits, reached


def _part(text: str, words: list[_Word], at: int) -> float | None:
    """The value of "and a half" or "and three quarters"."""
    first, *rest = [word.text for word in words[at : at + 3]] or [""]
    part = PARTS.get(" ".join(rest)) if first == "and" else None
    joined = part is not None and all(_follows(text, words, at + place) for place in (-1, 0, 1))
    return part if joined else None


def _follows(text: str, words: list[_Word], at: int) -> bool:
    """Whether only a joint stands between a word and the next."""
    return at + 1 < len(words) and text[words[at].end : words[at + 1].start] in _JOINTS
