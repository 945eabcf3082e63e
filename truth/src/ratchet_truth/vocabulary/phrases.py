"""The phrases of a text that carry meaning: quantities, references, directions, absence."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from ratchet_truth.vocabulary.lexicon import Phrasebook, PhraseEntry, lexicon
from ratchet_truth.vocabulary.tokens import HAN, WordToken

_CHINESE = re.compile(f"[{HAN}]")
_OTHER_SCRIPT = re.compile("[\u0370-\u08ff\u0980-\u1fff\u3040-\u30ff\uac00-\ud7a3]")
_DEVANAGARI = re.compile("[\u0900-\u097f]")
_LEAST_TAIL = 5
_QUALIFYING = {
    "durchschnitts": "average", "mittel": "average", "grenz": "limit", "höchst": "limit",
    "soll": "setpoint", "nenn": "rated", "maximal": "maximum", "max": "maximum",
    "mindest": "minimum", "minimal": "minimum",
}  # fmt: skip
"""The first parts of German compounds that qualify a quantity ("Durchschnittstemperatur")."""


class Phrase(NamedTuple):
    """Tokens `first` to `last` (exclusive) with their meanings by kind, such as `quantity`."""

    first: int
    last: int
    meanings: Mapping[str, str]


def phrases_in(tokens: Sequence[WordToken], own: Phrasebook | None = None) -> Iterator[Phrase]:
    """The longest known phrases in order; `own` are those of a situation, which precede."""
    known = lexicon().phrases
    at = 0
    while at < len(tokens):
        word = tokens[at].text
        found = _longest(tokens, at, own.get(word, ())) if own else None
        found = found or _longest(tokens, at, known.get(word, ()))
        if found is None:
            meanings = _compound(word)
            found = Phrase(at, at + 1, meanings) if meanings else None
        if found is not None:
            yield found
        at = found.last if found else at + 1


def is_plain(word: str, language: str = "") -> bool:
    """Whether a word has no meaning of its own: "the", "shows"; by default in any language."""
    plain = lexicon().plain
    return word in plain[language] if language else any(word in some for some in plain.values())


def language_in(text: str, tokens: Sequence[WordToken]) -> str:
    """The language of a text, by its script and common words; "" if the lexicon lacks it."""
    known = lexicon()
    if not known.others.isdisjoint(token.text for token in tokens):
        return ""
    if not text.isascii():
        if _OTHER_SCRIPT.search(text):
            return ""
        if _CHINESE.search(text):
            return "zh"
        if _DEVANAGARI.search(text):
            return "hi"
    counts = {
        language: sum(token.text in plain for token in tokens)
        for language, plain in known.plain.items()
    }
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] else ""


def count_of(word: str) -> int | None:
    """The small whole number that a word says ("two", "zwei"); None for other words."""
    return lexicon().counts.get(word)


def is_latin_hindi(phrase: str, words: frozenset[str]) -> bool:
    """Whether a phrase means something in Hindi only, and these words show no Hindi."""
    known = lexicon()
    return phrase in known.latin_hindi and known.latin_needs.isdisjoint(words)


def _longest(tokens: Sequence[WordToken], at: int, entries: Sequence[PhraseEntry]) -> Phrase | None:
    for rest, meanings in entries:
        end = at + 1 + len(rest)
        if not rest or tuple(token.text for token in tokens[at + 1 : end]) == rest:
            return Phrase(at, end, meanings)
    return None


@lru_cache(4_096)
def _compound(word: str) -> dict[str, str]:
    """The meanings of a German compound by its parts; empty if it has none."""
    if len(word) <= _LEAST_TAIL or not word[0].isalpha():
        return {}
    tails = lexicon().tails
    for cut in range(2, len(word) - _LEAST_TAIL + 2):
        kind, meaning = tails.get(word[cut:], ("", ""))
        if kind not in ("quantity", "qualifier"):
            continue
        head = word[:cut]
        found = {kind: meaning}
        if kind == "quantity" and head in _QUALIFYING:
            found["qualifier"] = _QUALIFYING[head]
        stem = tails.get(head) or tails.get(head.removesuffix("s")) or ("", "")
        if kind == "qualifier" and stem[0] == "quantity":
            found["quantity"] = stem[1]
        return found
    return {}
