"""Normalizes questions: their identity, phrasing and device type."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence

from ratchet_text.characters import LETTER, MARKS, NUMERAL, PART, SPACELESS, folded
from ratchet_text.equipment import device_before, equipment_ids, equipment_words
from ratchet_text.equipment.vocabulary import active_vocabulary

_MASK = "_"
_CHARACTER = re.compile(SPACELESS)
_LEADING_WORDS = re.compile(rf"(?:{PART}|{SPACELESS})++(?:[-_ ](?:{PART}|{SPACELESS})++)*+")
_PLAIN_WORD = re.compile(r"[a-z]+|[0-9]+")
_WORD = re.compile(rf"{SPACELESS}[{MARKS}]*+|{LETTER}{PART}*+|[0-9]++|{NUMERAL}++")


def question_words(text: str) -> list[str]:
    """The words and numbers of a text, folded.

    A word has its combining marks. Scripts that do not part words give one word per character
    with its marks, so that spaces make no difference.
    """
    return _words_of(folded(text))


def _words_of(text: str) -> list[str]:
    return (_PLAIN_WORD if text.isascii() else _WORD).findall(text)


def normalized(text: str) -> str:
    """The text without differences in case, spacing, punctuation and composition."""
    return " ".join(question_words(text))


def composed(text: str) -> str:
    """The text in composed form (NFC), so that it is equal however it was typed."""
    return unicodedata.normalize("NFC", text)


def question_key(situation: Sequence[object]) -> str:
    """A hash of `situation` (JSON values) in 24 hex characters."""
    return hashlib.sha256(json.dumps(situation).encode()).hexdigest()[:24]


def device_type(device: str) -> str:
    """The kind of a device by its name, in English if its words are known.

    "cooling-tower-001", "Cooling tower 2" and "Kühlturm 2" are all "cooling tower". Other words
    of the name stay, as in "feed pump" and "speisepumpe".
    """
    match = _LEADING_WORDS.match(device)
    words = match[0] if match else ""
    ids = (one for one in equipment_ids(device) if one.kind)
    known = next(ids, None) or device_before(words, len(words))
    if known is None:
        return normalized(words)
    if not known.kind.endswith(known.key):
        return known.key
    modifiers = [
        word for word in question_words(device[: known.start]) if not _CHARACTER.match(word)
    ]
    return " ".join((*modifiers, known.kind))


def phrasing_of(text: str, names: Iterable[str]) -> str:
    """The words of `text` with the words of `names`, and every number, masked by `_`.

    The devices of `names` are masked in every language: "Pumpe" by "pump-002".
    """
    names = [folded(name) for name in names]
    named = {word for name in names for word in _words_of(name)}
    devices = equipment_words((*named, *names))
    words: list[str] = []
    reached, text = 0, folded(text)
    for match in active_vocabulary().run_device.finditer(text):
        if not devices.isdisjoint(equipment_words([match[0]])):
            words += (*_words_of(text[reached : match.start()]), _MASK)
            reached = match.end()
    words += _words_of(text[reached:])
    return " ".join(
        _MASK
        if word in named or word.isdecimal() or not devices.isdisjoint(equipment_words([word]))
        else word
        for word in words
    )
