"""Numbers in English and German words: "forty-five point three", "dreiundvierzig Komma fünf"."""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from ratchet_language.equipment import device_before
from ratchet_language.numbers.shown import Shown
from ratchet_language.numbers.spelled import Spelled, quantity
from ratchet_language.tables import table

_TABLE = table("numbers/words")
_LANGUAGES = (_TABLE["english"], _TABLE["german"])
_DECADE = 10
_FIRST_TENS = 20
_HUNDRED = 100
_LONGEST = 60


def _variants(word: str) -> tuple[str, ...]:
    plain = word.replace("ü", "ue").replace("ö", "oe").replace("ß", "ss")
    return (word, plain, word.replace("ü", "u\u0308").replace("ö", "o\u0308"))


def _simple() -> dict[str, int]:
    return {
        form: value
        for language in _LANGUAGES
        for words, first, step in ((language["units"], 0, 1), (language["tens"], _FIRST_TENS, 10))
        for value, word in zip(range(first, first + step * len(words), step), words, strict=True)
        for form in _variants(word)
    }


_SIMPLE = _simple()
_SCALES: dict[str, int] = {
    word: scale for language in _LANGUAGES for word, scale in language["scales"].items()
}
_POINTS = frozenset(word for language in _LANGUAGES for word in language["point"])
_HALVES = frozenset(_TABLE["halves"]["half"])
_MIXED: dict[str, float] = _TABLE["halves"]["mixed"]
_EINHALB: str = _TABLE["halves"]["suffix"]
_ARTICLES = frozenset(_TABLE["halves"]["articles"])
_TENS = {word: value for word, value in _SIMPLE.items() if value >= _FIRST_TENS}
_ONES = {"ein": 1} | {word: value for word, value in _SIMPLE.items() if 0 < value < _DECADE}
_COMPOUNDS = {f"{one}und{ten}": _ONES[one] + _TENS[ten] for one in _ONES for ten in _TENS}
_TRIGGERS = frozenset((*_SIMPLE, *_SCALES, *_HALVES, *_MIXED, *_COMPOUNDS))
_SINGLE = _TRIGGERS - _COMPOUNDS.keys()
_SPACED = str.maketrans({code: " " for code in range(128) if not chr(code).isalpha()})
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
        words = lowered.translate(_SPACED).split()
    if (
        _TRIGGERS.isdisjoint(words)
        and "hundert" not in lowered
        and "tausend" not in lowered
        and _EINHALB not in lowered
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
    value = _MIXED.get(word)
    if value is None and word.endswith(_EINHALB):
        whole = _value(word.removesuffix(_EINHALB))
        value = None if whole is None else whole + 0.5
    if value is not None:
        return quantity(text, start, end, ((Shown(value, 1),),), clear=True), at + 1
    if word not in _HALVES:
        return None
    if _follows(text, words, at) and words[at + 1].text in _ARTICLES:
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
    clear = bool(decimals) or after > at + 1 or words[at].text not in _SINGLE
    found = quantity(text, start, end, ((shown,),), clear=clear)
    if found is None and shown.value > 1 and text[start - 1 : start] in _JOINTS:
        device = device_before(text, start - 1)
        if device is not None:
            found = Spelled(start, end, ((shown,),), "", (device.key, str(whole)))
    return found, after


def _scales_digits(text: str, word: _Word) -> bool:
    """Whether the word is the scale of digits before it ("1.2 million")."""
    return word.text in _SCALES and text[max(0, word.start - 2) : word.start].strip().isdigit()


def _whole(text: str, words: list[_Word], at: int) -> tuple[int | None, int]:
    """The longest whole number that begins at a word, and the index after it."""
    total = section = 0
    scale_before, open_ended = 10**12, True
    begin = at
    while at < len(words) and (at == begin or _follows(text, words, at - 1)):
        word = words[at].text
        value, scale = _value(word), _SCALES.get(word)
        if scale is not None:
            if scale >= scale_before or (scale == _HUNDRED and section >= _HUNDRED):
                break
            if scale == _HUNDRED:
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
        return section == 0 or value < _HUNDRED
    return section % _DECADE == 0 and section % _HUNDRED >= _FIRST_TENS and 0 < value < _DECADE


def _decimals(text: str, words: list[_Word], at: int) -> tuple[str, int]:
    """The digits after "point" or "Komma"."""
    digits, value_before, reached = "", 0, at
    if at < len(words) and words[at].text in _POINTS and _follows(text, words, at - 1):
        at += 1
        while at < len(words) and _follows(text, words, at - 1):
            value = _value(words[at].text)
            if value is None or value >= _HUNDRED or words[at].text in _SCALES:
                break
            if value_before and _fits(value_before, value, open_ended=False):
                digits = digits[:-1]
            digits += str(value)
            at, value_before = at + 1, value
            reached = at
    return digits, reached


def _is_and_a_half(text: str, words: list[_Word], at: int) -> bool:
    if at + 2 >= len(words) or not all(_follows(text, words, at + k) for k in (-1, 0, 1)):
        return False
    return [word.text for word in words[at : at + 3]] == ["and", "a", "half"]


def _follows(text: str, words: list[_Word], at: int) -> bool:
    """Whether only a joint stands between a word and the next."""
    return at + 1 < len(words) and text[words[at].end : words[at + 1].start] in _JOINTS


def _value(word: str) -> int | None:
    """The value of one word, also of a German compound ("zweitausendfünfhundert")."""
    value = _SIMPLE.get(word)
    if value is None:
        value = _COMPOUNDS.get(word)
    if value is not None or len(word) > _LONGEST:
        return value
    for name, scale in (("tausend", 1000), ("hundert", _HUNDRED)):
        before, found, after = word.partition(name)
        if found:
            head = _ONES.get(before, _value(before)) if before else 1
            tail = _value(after.removeprefix("und")) if after else 0
            return None if head is None or tail is None else head * scale + tail
    return None
