"""Device words in running text, in any of their forms and scripts."""

import re
from string import ascii_letters
from typing import NamedTuple
from unicodedata import is_normalized, normalize

from ratchet_text.characters import PART, folded, folded_word
from ratchet_text.equipment.vocabulary import TAIL, Vocabulary, active_vocabulary

_REACH = 64
_LEAST_PREFIX = 2
_LINK_REACH = 8
_MOST_WORDS = 2
_ORDINAL_REACH = 24
_SPACED = str.maketrans("-_", "  ")
_PARTS = re.compile(f"{PART}++")
_NEXT_WORD = re.compile(rf"[ -]({PART}++)")
_ORDINAL_WORD = re.compile(rf" ({PART}++(?:'{PART}++)?+)")


class DeviceWord(NamedTuple):
    """A device word in a text.

    `kind` names the kind of device in English, in all languages alike ("cooling tower"). `key`
    is the last word of the kind ("tower"), or a compound as it is ("kühlwasserpumpe").
    """

    key: str
    start: int
    end: int
    kind: str


def device_before(text: str, end: int) -> DeviceWord | None:
    """The device word that ends at `text[end]`.

    It is the last word, or in scripts that do not part words the longest device word there.
    """
    return device_of_word(active_vocabulary(), text, word_start(text, end), end)


def device_of_word(known: Vocabulary, text: str, start: int, end: int) -> DeviceWord | None:
    """The device word of the last word `text[start:end]`, which may be empty."""
    if start == end:
        return _run_before(known, text, end)
    word = folded_word(text[start:end])
    phrase = _phrase(known, text, start, end, word) if word in known.phrases else None
    kind = known.words.get(word)
    if phrase is None and kind is not None:
        return _hyphened(known, text, start, end, word) or _device(kind, start, end)
    return (
        phrase
        or compound_of(known, word, start, end)
        or _run_before(known, text, end)
        or _linked(known, text, start, end)
    )


def device_after(text: str, start: int) -> DeviceWord | None:
    """The device word that a number before `text[start]` counts: "号泵", " nolu pompa"."""
    known = active_vocabulary()
    ahead = text[start : start + 3].lstrip(" ")
    if ahead[:1] not in known.ordinal_starts:
        return None
    if not ahead[1:2].isascii() or ahead[1:2] == " ":
        device = _matched(known, known.after_ordinal, text, start)
        if device is not None:
            return device
    word = _ORDINAL_WORD.match(text, start)
    if word is None or folded_word(word[1]) not in known.ordinals:
        return None
    return device_ahead(text, word.end())


def device_at(text: str, start: int) -> DeviceWord | None:
    """The device word that begins at `text[start]`, in scripts that do not part words."""
    known = active_vocabulary()
    return _matched(known, known.run_device, text, start)


def device_ahead(text: str, start: int) -> DeviceWord | None:
    """The first device word of the two words after `text[start]`, a space or hyphen."""
    end = start
    for _ in range(_MOST_WORDS):
        match = _NEXT_WORD.match(text, end)
        if match is None:
            return None
        end = match.end()
        device = device_before(text, end)
        if device is not None:
            return device
    return None


def word_start(text: str, end: int) -> int:
    """The start of the word that ends at `text[end]`; `end` if there is none."""
    ahead = text[max(0, end - _REACH) : end]
    stem = ahead.rstrip(ascii_letters)
    if not stem[-1:].isascii():
        match = _PARTS.match(ahead[::-1])
        return end - match.end() if match else end
    return end - len(ahead) + len(stem)


def _matched(
    known: Vocabulary, pattern: re.Pattern[str], text: str, start: int
) -> DeviceWord | None:
    """The device word in the pattern's last group, or in all of its match."""
    ahead = text[start : start + _ORDINAL_REACH]
    composed = is_normalized("NFKC", ahead)
    plain = ahead if composed else folded(ahead)
    match = pattern.match(plain)
    if match is None:
        return None
    group = match.lastindex or 0
    first, last = match.span(group)
    if not composed:
        first, last = _place(ahead, first), _place(ahead, last)
    return _device(known.runs[match[group]], start + first, start + last)


def _place(text: str, place: int) -> int:
    """The place in `text` of a place in its folded form."""
    return next(at for at in range(len(text), -1, -1) if len(folded(text[:at])) <= place)


def _device(kind: str, start: int, end: int) -> DeviceWord:
    return DeviceWord(kind.rpartition(" ")[2], start, end, kind)


def _phrase(known: Vocabulary, text: str, start: int, end: int, word: str) -> DeviceWord | None:
    for before, kind in known.phrases[word]:
        for length in {len(before), len(normalize("NFD", before))}:
            at = start - 1 - length
            ahead = text[at:start] if at >= 0 else ""
            if folded(ahead).translate(_SPACED) == f"{before} " and word_start(text, at) == at:
                return _device(kind, at, end)
    return None


def compound_of(known: Vocabulary, word: str, start: int, end: int) -> DeviceWord | None:
    """The device of a compound whose last part is one: "Kühlwasserpumpe"."""
    if word[-TAIL:] in known.tails:
        for cut in range(_LEAST_PREFIX, len(word) - TAIL + 1):
            basic = known.compounds.get(word[cut:])
            if basic is not None:
                return DeviceWord(word[:cut] + basic, start, end, known.words[word[cut:]])
    return None


def _hyphened(known: Vocabulary, text: str, start: int, end: int, word: str) -> DeviceWord | None:
    """The compound that a hyphen makes of two German nouns: "Kühlwasser-Pumpe"."""
    if not text.startswith("-", max(0, start - 1)) or word not in known.compounds:
        return None
    first = word_start(text, start - 1)
    if first == start - 1 or not (text[first].isupper() and text[start].isupper()):
        return None
    key = folded(text[first : start - 1]) + known.compounds[word]
    return DeviceWord(key, first, end, known.words[word])


def _run_before(known: Vocabulary, text: str, end: int) -> DeviceWord | None:
    if text[max(0, end - 1) : end] not in known.run_ends:
        return None
    # Half-width and decomposed kana take up to two characters each.
    tail = text[max(0, end - 2 * known.longest_run) : end]
    composed = is_normalized("NFKC", tail)
    longest = min(known.longest_run if composed else len(tail), end)
    for length in range(longest, 0, -1):
        form = text[end - length : end]
        kind = known.runs.get(form if composed else folded(form))
        if kind is not None:
            return _device(kind, end - length, end)
    return None


def _linked(known: Vocabulary, text: str, start: int, end: int) -> DeviceWord | None:
    """The device before a link and one word: "bomba" in "bomba de agua"."""
    space = text.rfind(" ", max(0, start - _LINK_REACH), max(0, start - 1))
    if space < 1 or folded_word(text[space + 1 : start].rstrip(" ")) not in known.links:
        return None
    head = word_start(text, space)
    kind = known.words.get(folded(text[head:space]))
    return None if kind is None else _device(kind, head, end)
