"""What an operator meant: the corrected part of an utterance, and the request it makes."""

from typing import NamedTuple

from ratchet.measures import equipment_words
from reward.domain.follow_up import phrases
from reward.domain.follow_up.utterance import METRICS, PERIODS, Utterance, stem

_MARKS = " \t\n.,;:!?-"
_INSTEAD = (*phrases.MEANT, "should be", "it's", "it is", "show me", "give me", "rather", "try")
_CUTS = (", not ", " not ", ", instead of", " instead of", ", i said", ", i asked", ", i meant")
_OPENINGS = ("about ", "for ", "to know ", "that ", "oops ")
_REQUEST_WORDS = 4


class TextSpan(NamedTuple):
    """A part of a text that names one thing of its kind."""

    start: int
    end: int
    kind: str


def meant_by(correction: str, previous: str) -> str | None:
    """The words of `correction` that say what was meant; None where it only says "wrong".

    "no, I meant pump 2" gives "pump 2"; "not pump 13 pump 30" gives "pump 30".
    """
    said = Utterance(correction)
    marked = [
        (place, place + len(phrase.split()))
        for phrase in _INSTEAD
        if (place := said.find(phrase)) is not None and not _negated(said, place)
    ]
    if marked:
        place, end = max(marked, key=lambda mark: mark[1])
        rest = said.after(end)
        if rest.content and not rest.opens_with("not"):
            return _trimmed(rest.text)
        return _trimmed(said.text[: said.tokens[place].start]) if place else None
    denied = 0
    while said.words[denied : denied + 1] and said.words[denied] in phrases.DENIALS:
        denied += 1
    rest = said.after(denied)
    if denied and said.words[denied - 1] == "not":
        return _after_the_denied(rest, previous)
    if (denied or " not " in correction) and rest.content - Utterance(previous).content - {"not"}:
        return None if rest.has(*phrases.WRONG, "that", "you") else _trimmed(rest.text)
    return None


def corrected_request(previous: str, following: str) -> str | None:
    """The request the operator had in mind, in full; None where it cannot be told for sure.

    What was meant either is a request of its own, or replaces the one thing of its kind in
    `previous`: a piece of equipment, a quantity or a period.
    """
    meant = meant_by(following, previous)
    if meant is None:
        return None
    if Utterance(meant).asks and len(Utterance(meant).words) >= _REQUEST_WORDS:
        return meant
    instead = things_in(meant)
    if len(instead) != 1:
        return None
    [named] = instead
    replaced = [span for span in things_in(previous) if span.kind == named.kind]
    if len(replaced) != 1:
        return None
    [old] = replaced
    return previous[: old.start] + meant[named.start : named.end] + previous[old.end :]


def things_in(text: str) -> list[TextSpan]:
    """Equipment with its number, quantities and periods, in order."""
    tokens = Utterance(text).tokens
    found: list[TextSpan] = []
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if following and equipment_words([token.word]) and stem(following.word).isdigit():
            found.append(TextSpan(token.start, following.end, "equipment"))
        elif stem(token.word) in METRICS:
            found.append(TextSpan(token.start, token.end, "quantity"))
        elif token.word in PERIODS:
            joined = found and found[-1].kind == "period" and found[-1].end + 1 == token.start
            start = found.pop().start if joined else token.start
            found.append(TextSpan(start, token.end, "period"))
    return found


def _negated(said: Utterance, place: int) -> bool:
    return any(word in ("not", "didn't", "don't", "never") for word in said.words[:place][-2:])


def _after_the_denied(rest: Utterance, previous: str) -> str | None:
    """What stands after the denied part of "pump 13, pump 30" and "pump 13 pump 30"."""
    for separator in (", ", ". "):
        denied, found, meant = rest.text.partition(separator)
        if found and Utterance(denied).content <= Utterance(previous).content:
            return _trimmed(meant)
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
