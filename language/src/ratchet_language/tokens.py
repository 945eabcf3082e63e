"""The words of a text with their positions, in languages with and without spaces."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ratchet_language.characters import LETTER, PART, SPACELESS
from ratchet_language.follow_up_words import FollowUpWords

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
        start, end = match.span()
        if not match["run"]:
            yield Token(language.spelled(match[0]), start, end)
            continue
        unknown = start
        while start < end:
            length = language.known(text[start:end])
            if length and unknown < start:
                yield Token(language.spelled(text[unknown:start]), unknown, start)
            if length:
                unknown = start + length
                yield Token(language.spelled(text[start:unknown]), start, unknown)
            start += length or 1
        if unknown < end:
            yield Token(language.spelled(text[unknown:end]), unknown, end)
