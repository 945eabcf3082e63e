"""The words of a text with their positions."""

import re
from typing import NamedTuple

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Chinese characters, as the inside of a character class."""
_MARKS = "\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u200c\u200d"
_TOKEN = re.compile(rf"[{HAN}]|[^\W\d_{HAN}](?:[^\W\d_{HAN}]|[{_MARKS}]|['’](?=[^\W\d_]))*+")


class WordToken(NamedTuple):
    """A word in lower case, or one Chinese character, as `text[start:end]`."""

    text: str
    start: int
    end: int


def tokens_in(text: str) -> list[WordToken]:
    """The words of a text in composed form (NFC)."""
    return [
        WordToken(match[0].lower().replace("’", "'"), *match.span())
        for match in _TOKEN.finditer(text)
    ]
