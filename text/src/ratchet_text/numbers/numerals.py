"""Numbers in English and German words: "forty-five point three", "dreiundvierzig Komma fünf"."""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from ratchet_text.characters import lowered_words
from ratchet_text.equipment import device_before
from ratchet_text.numbers.lexicon import (
    ARTICLES,
    DECADE,
    EINHALB,
    FIRST_TENS,
    HALVES,
    HUNDRED,
    MIXED,
    POINTS,
    SCALES,
    SINGLE,
    TRIGGERS,
    value_of,
)
from ratchet_text.numbers.shown import Shown
from ratchet_text.numbers.spelled import Spelled, quantity

_WORD = re.compile("[^\\W\\d_](?:[^\\W\\d_]|\u0308)*+")
_JOINTS = frozenset((" ", "-", "\u202f", "\n"))


class _Word(NamedTuple):
    start: int
    end: int
    text: str


def word_numbers(text: str, words: Collection[str] | None = None) -> list[Spelled]:
    """The quantities in words, and the ids of devices ("pump two"), in order.

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
    return list(
        _numbers(text, [_Word(*match.span(), match[0]) for match in _WORD.finditer(lowered)])
    )


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
    if not decimals and _is_and_a_half(text, words, after):
        shown, after, decimals = Shown(whole + 0.5, 1), after + 3, "5"
    start, end = words[at].start, words[after - 1].end
    clear = bool(decimals) or after > at + 1 or words[at].text not in SINGLE
    found = quantity(text, start, end, ((shown,),), clear=clear)
    if found is None and shown.value > 1 and text[start - 1 : start] in _JOINTS:
        device = device_before(text, start - 1)
        if device is not None:
            found = Spelled(start, end, ((shown,),), "", (device.key, str(whole)))
    return found, after


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
            value = value_of(words[at].text)
            if value is None or value >= HUNDRED or words[at].text in SCALES:
                break
            if value_before and _fits(value_before, value, open_ended=False):
                digits = digits[:-1]
            digits += str(value)
            at, value_before = at + 1, value
            reached = at
    return digits, reached


def _is_and_a_half(text: str, words: list[_Word], at: int) -> bool:
    half = [word.text for word in words[at : at + 3]] == ["and", "a", "half"]
    return half and all(_follows(text, words, at + offset) for offset in (-1, 0, 1))


def _follows(text: str, words: list[_Word], at: int) -> bool:
    """Whether only a joint stands between a word and the next."""
    return at + 1 < len(words) and text[words[at].end : words[at + 1].start] in _JOINTS
