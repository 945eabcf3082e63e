"""Extracts the request that an operator intended from a correction."""

from typing import NamedTuple

from ratchet_language import equipment_words
from reward.domain.follow_up import phrases
from reward.domain.follow_up.utterance import METRICS, PERIODS, Utterance, stem

_MARKS = " \t\n.,;:!?-"
_INSTEAD = (*phrases.INTENDED, "should be", "it's", "it is", "show me", "give me", "rather", "try")
_CUTS = (", not ", " not ", ", instead of", " instead of", ", i said", ", i asked", ", i meant")
_OPENINGS = ("about ", "for ", "to know ", "that ", "oops ")
_REQUEST_WORDS = 4


class TextSpan(NamedTuple):
    """A part of a text that names one thing of its kind."""

    start: int
    end: int
    kind: str


def intended_by(correction: str, previous: str) -> str | None:
    """The part of `correction` that states what was intended; None if it only rejects.

    "no, I meant pump 2" gives "pump 2"; "not pump 13 pump 30" gives "pump 30".
    """
    utterance = Utterance(correction)
    marked = [
        (place, place + len(phrase.split()))
        for phrase in _INSTEAD
        if (place := utterance.find(phrase)) is not None and not _negated(utterance, place)
    ]
    if marked:
        place, end = max(marked, key=lambda mark: mark[1])
        rest = utterance.after(end)
        if rest.content and not rest.opens_with("not"):
            return _trimmed(rest.text)
        return _trimmed(utterance.text[: utterance.tokens[place].start]) if place else None
    denied = 0
    while utterance.words[denied : denied + 1] and utterance.words[denied] in phrases.DENIALS:
        denied += 1
    rest = utterance.after(denied)
    if denied and utterance.words[denied - 1] == "not":
        return _after_denied_part(rest, previous)
    if (denied or " not " in correction) and rest.content - Utterance(previous).content - {"not"}:
        return None if rest.has(*phrases.WRONG, "that", "you") else _trimmed(rest.text)
    return None


def corrected_request(previous: str, following: str) -> str | None:
    """The intended request in full; None if it is ambiguous.

    What was intended is either a complete request, or replaces the only thing of its kind in
    `previous`: a piece of equipment, a quantity or a period. With two candidates it is unclear
    which one to replace, and a wrong demonstration is worse than none.
    """
    intended = intended_by(following, previous)
    if intended is None:
        return None
    if Utterance(intended).is_request and len(Utterance(intended).words) >= _REQUEST_WORDS:
        return intended
    instead = spans_in(intended)
    if len(instead) != 1:
        return None
    [named] = instead
    replaced = [span for span in spans_in(previous) if span.kind == named.kind]
    if len(replaced) != 1:
        return None
    [old] = replaced
    return previous[: old.start] + intended[named.start : named.end] + previous[old.end :]


def spans_in(text: str) -> list[TextSpan]:
    """Equipment with its number, quantities and periods, in order."""
    tokens = Utterance(text).tokens
    spans: list[TextSpan] = []
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if following and equipment_words([token.word]) and stem(following.word).isdigit():
            spans.append(TextSpan(token.start, following.end, "equipment"))
        elif stem(token.word) in METRICS:
            spans.append(TextSpan(token.start, token.end, "quantity"))
        elif token.word in PERIODS:
            joined = spans and spans[-1].kind == "period" and spans[-1].end + 1 == token.start
            start = spans.pop().start if joined else token.start
            spans.append(TextSpan(start, token.end, "period"))
    return spans


def _negated(utterance: Utterance, place: int) -> bool:
    return any(word in ("not", "didn't", "don't", "never") for word in utterance.words[:place][-2:])


def _after_denied_part(rest: Utterance, previous: str) -> str | None:
    """The rest after the denied part: "pump 30" of "pump 13, pump 30" and of "pump 13 pump 30"."""
    for separator in (", ", ". "):
        denied, separated, intended = rest.text.partition(separator)
        if separated and Utterance(denied).content <= Utterance(previous).content:
            return _trimmed(intended)
    again = (
        rest.words.index(rest.words[0], 1)
        if rest.words[:1] and rest.words[0] in rest.words[1:]
        else 0
    )
    return _trimmed(rest.after(again).text) if again else None


def _trimmed(text: str) -> str | None:
    lowered = text.lower()
    end = min((at for cut in _CUTS if (at := lowered.find(cut)) > 0), default=len(text))
    for mark in (". ", "? ", "! "):
        end = min(end, text.find(mark) if mark in text else end)
    trimmed = text[:end].strip(_MARKS)
    for opening in _OPENINGS:
        trimmed = trimmed.removeprefix(opening)
    return trimmed or None
