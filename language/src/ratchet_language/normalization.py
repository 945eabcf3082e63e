"""Normalizes questions: their identity, phrasing and device type."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W\d_]+|\d+")
_DEVICE_TYPE = re.compile(r"[^\W\d_]+(?:[-_ ][^\W\d_]+)*")


def question_words(text: str) -> list[str]:
    """The words and numbers of a text, in lower case."""
    return _WORD.findall(text.casefold())


def normalized(text: str) -> str:
    """The text without differences in case, spacing or punctuation."""
    return " ".join(question_words(text))


def question_key(situation: Sequence[object]) -> str:
    """A hash of `situation` (JSON values) in 24 hex characters."""
    return hashlib.sha256(json.dumps(situation).encode()).hexdigest()[:24]


def device_type(device: str) -> str:
    """ "cooling-tower-001" and "Cooling tower 2" are both "cooling tower"."""
    match = _DEVICE_TYPE.match(device)
    return normalized(match.group()) if match else ""


def phrasing_of(text: str, names: Iterable[str]) -> str:
    """The words of `text` with the words of `names`, and every number, masked by `_`."""
    named = {word for name in names for word in question_words(name)}
    return " ".join(
        "_" if word in named or word.isdigit() else word for word in question_words(text)
    )
