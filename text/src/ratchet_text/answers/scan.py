"""The facts of a spoken text that the text-quality rules use, collected in one scan."""

import re
from functools import lru_cache
from string import punctuation, whitespace
from typing import NamedTuple

from ratchet_text.characters import lowered_words
from ratchet_text.equipment import Vocabulary, active_vocabulary, equipment_words
from ratchet_text.numbers import number_mentions
from ratchet_text.units import is_unit

# Possessive quantifiers: no backtracking, so every scan is linear on any text.
_ADDRESS = re.compile(r"(?:https?://|www\.)\S*+")
# The lookbehind keeps long runs of marks linear. It comes second: a search skips to the first.
_END = r"(?<![{0}]{{2}})[{0}]*+[\"')\]*_`{1}]*+(?:\s|\Z)"
_ASCII_END = re.compile(rf"[.!?]{_END.format('.!?', '')}")
# The search is several times as fast if one class has every first character.
_SPACED, _UNSPACED = ".!?…؟۔।॥", "。！？｡"
_ANY_END = re.compile(
    rf"[{_SPACED}{_UNSPACED}](?:(?<=[{_SPACED}]){_END.format(_SPACED, '»”')}"
    rf"|(?<=[{_UNSPACED}])[{_UNSPACED}]*+[\"')\]*_`」』”）]*+)"
)
_MARKS = punctuation + whitespace
# More make a table, and no score counts as many.
_MOST_NUMBERS = 100
_ABBREVIATIONS = ("approx", "avg", "vs", "e.g", "i.e")


class Scan(NamedTuple):
    """Counts over one text; a number inside an equipment id is neither a value nor bare."""

    sentences: int
    words: int
    letters: int
    values: int
    bare_numbers: int
    equipment_ids: frozenset[tuple[str, str]]
    equipment_words: frozenset[str]
    opens_with_number: bool
    opens_with_id: bool
    first_sentence: str

    @property
    def opens_with_equipment(self) -> bool:
        """Whether the first sentence names equipment."""
        return self.opens_with_id or bool(
            self.equipment_words and equipment_words(lowered_words(self.first_sentence))
        )


def scan(text: str) -> Scan:
    """Collect the facts of a text; an address counts as white space."""
    if "://" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    sentences, first_end = _sentences(text)
    words = lowered_words(text)
    named = equipment_words(words)
    values = bare = 0
    ids = set()
    first_quantity = first_id = len(text)
    for number in number_mentions(text, words, _MOST_NUMBERS):
        identity = number.identity
        if identity is not None and not number.glued:
            ids.add(identity)
            if number.start < first_id:
                first_id = number.start
        elif not number.glued:
            if number.start < first_quantity:
                first_quantity = number.start
            if is_unit(number.follower):
                values += 1
            else:
                bare += 1
    return Scan(
        sentences,
        len(words),
        len("".join(words)),
        values,
        bare,
        frozenset(ids),
        named,
        first_quantity < first_end,
        first_id < first_end,
        text[:first_end],
    )


def question_equipment(question: str) -> frozenset[str]:
    """The equipment words of a question, singular and lower-case."""
    return _question_equipment(active_vocabulary(), question)


@lru_cache(1_000)
def _question_equipment(_: Vocabulary, question: str) -> frozenset[str]:
    """Kept, because a question has several answers and is asked again."""
    return equipment_words(lowered_words(question))


def _sentences(text: str) -> tuple[int, int]:
    """The number of sentences and the end of the first one.

    A sentence ends at `.`, `!` or `?` before white space or the end, so not within
    "3.5 bar", and at the full-width marks of Chinese and Japanese. A last piece without a mark
    counts as one.
    """
    count = last = 0
    first_end = len(text)
    for mark in (_ASCII_END if text.isascii() else _ANY_END).finditer(text):
        piece_end, end = mark.span()
        if piece_end == last or text[piece_end - 1] in _MARKS:
            piece_end = last + len(text[last:piece_end].rstrip(_MARKS))
        if piece_end == last or text.endswith(_ABBREVIATIONS, last, piece_end):
            continue
        if not count:
            first_end = end
        count += 1
        last = end
    return count + (last < len(text) and text[last:].rstrip(_MARKS) != ""), first_end
