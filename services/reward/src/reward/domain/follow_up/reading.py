"""Classifies an operator's next utterance by the rules of its language."""

from collections.abc import Callable
from typing import NamedTuple

from ratchet.contract import FollowUp
from ratchet_text import follow_up_words, tokens_of
from reward.domain.follow_up.classifier import classify_follow_up
from reward.domain.follow_up.correction import corrected_request

_LONGEST = 2_000
_WORDS_OF_A_LANGUAGE = 2

LanguageOf = Callable[[str], str | None]
"""The ISO 639-1 code of a text's language; None if it is not known."""


class FollowUpReading(NamedTuple):
    """`kind` is None for no guess, `reason` explains it, `request` is the corrected request."""

    kind: FollowUp | None
    reason: str
    request: str | None = None


def read_follow_up(previous: str, following: str, language_of: LanguageOf) -> FollowUpReading:
    """Classifies `following` after `previous`; no guess in a language without rules."""
    if max(len(previous), len(following)) > _LONGEST:
        return FollowUpReading(None, "too long for a question")
    code = _spoken(previous, following, language_of)
    if code is None:
        return FollowUpReading(None, "the language is not known: no guess")
    words = follow_up_words(code)
    if words is None:
        return FollowUpReading(None, f"no follow-up rules for {code}")
    kind, reason = classify_follow_up(previous, following, words)
    request = corrected_request(previous, following, words) if kind == "correction" else None
    return FollowUpReading(kind, f"{code}: {reason}", request)


def _spoken(previous: str, following: str, language_of: LanguageOf) -> str | None:
    """The language of `following`: that of `previous` if its words are, else its own."""
    own, before = language_of(following), language_of(previous)
    if before is None:
        return language_of(f"{previous}\n{following}") or own
    words = follow_up_words(before)
    if own == before or words is None:
        return before
    spoken = [token.word for token in tokens_of(following, words) if len(token.word) > 1]
    known = sum(word in words.vocabulary for word in spoken)
    if own is None:
        return before if known or len(spoken) < _WORDS_OF_A_LANGUAGE else None
    return before if known * 2 >= len(spoken) else own
