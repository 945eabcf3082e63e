"""The words of a text with their positions, in languages with and without spaces."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ratchet_text.characters import LETTER, PART, SPACELESS
from ratchet_text.follow_up_vocabulary import FollowUpWords

_CHARACTER = rf"(?:\d|{PART})"
_TOKEN = re.compile(rf"(?P<run>{SPACELESS}+)|(?:\d|{LETTER}){_CHARACTER}*(?:['’]{_CHARACTER}+)*")


class Token(NamedTuple):
    """A word in the spelling in which words are compared, with its position in the text."""

    word: str
    start: int
    end: int


def tokens_of(text: str, language: FollowUpWords) -> Iterator[Token]:
    """The words of a text; text without spaces is cut into the longest words of the lexicon."""
    for match in _TOKEN.finditer(text):
        start, word = match.start(), language.spelled(match[0])
        if match["run"] and len(word) == len(match[0]):
            for place, known in _cut(word, language):
                yield Token(known, start + place, start + place + len(known))
        else:
            yield Token(word, start, match.end())


def _cut(run: str, language: FollowUpWords) -> Iterator[tuple[int, str]]:
    """The longest known words of a run, and what is unknown between them, with their places."""
    unknown = at = 0
    while at < len(run):
        length = language.known(run, at)
        if length and unknown < at:
            yield unknown, run[unknown:at]
        if length:
            yield at, run[at : at + length]
            unknown = at + length
        at += length or 1
    if unknown < at:
        yield unknown, run[unknown:]
