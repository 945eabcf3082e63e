"""Extracts the request that an operator intended from a correction."""

import re
from typing import NamedTuple

from ratchet_text import NOT, FollowUpWords, equipment_words, named_equipment
from reward.domain.follow_up.utterance import Utterance, sentences_of

_MARKS = " \t\n.,;:!?-¿¡।，。；：！？、"
_COMMA = re.compile(r"[,，、] ?|\.(?: |$)|。")
_REQUEST_WORDS = 4


class TextSpan(NamedTuple):
    """A part of a text that names one thing of its kind; `device` is what equipment is."""

    start: int
    end: int
    kind: str
    device: str = ""


def intended_by(correction: str, previous: str, language: FollowUpWords) -> str | None:
    """The part of `correction` that states what was intended; None if it only rejects.

    "no, I meant pump 2" gives "pump 2"; "not pump 13 pump 30" gives "pump 30".
    """
    utterance, earlier = Utterance(correction, language), Utterance(previous, language)
    marked = [
        (place, place + len(phrase.split()))
        for phrase in (*language.phrases["intended"], *language.phrases["instead"])
        if (place := utterance.find(phrase)) is not None and not _negated(utterance, place)
    ]
    if marked:
        return _at_mark(utterance, *max(marked, key=lambda mark: mark[1]))
    denied = 0
    while set(utterance.words[denied : denied + 1]) & set(language.phrases["denials"]):
        denied += 1
    rest = utterance.after(denied)
    if language.denied_first and language.words["contrast"].intersection(rest.words):
        return _after_negation(rest, earlier)
    if denied - 1 in utterance.contrasts() and not language.denied_first:
        return _after_denied_part(rest, earlier)
    if rest.content - earlier.content - {NOT} and (denied or rest.contrasts()):
        return None if language.words["vague"].intersection(rest.words) else _trimmed(rest)
    return None


def corrected_request(previous: str, following: str, language: FollowUpWords) -> str | None:
    """The intended request in full; None if it is ambiguous.

    What was intended is either a complete request, or replaces the only thing of its kind in
    `previous`: a piece of equipment, a quantity or a period. With two candidates it is unclear
    which one to replace, and a wrong demonstration is worse than none.
    """
    intended = intended_by(following, previous, language)
    if intended is None:
        return None
    utterance = Utterance(intended, language)
    if utterance.is_request and len(utterance.words) >= _REQUEST_WORDS:
        return intended
    instead = spans_in(intended, language)
    if len(instead) != 1:
        return None
    [named] = instead
    replaced = [span for span in spans_in(previous, language) if span.kind == named.kind]
    if len(replaced) != 1:
        return None
    [old] = replaced
    if language.genders and (named.kind == "quantity" or named.device != old.device):
        return None
    besides = Utterance(f"{intended[: named.start]} {intended[named.end :]}", language).content
    known = frozenset() if named.kind == "period" else Utterance(previous, language).content
    if besides - known:
        return None
    return previous[: old.start] + intended[named.start : named.end] + previous[old.end :]


def spans_in(text: str, language: FollowUpWords) -> list[TextSpan]:
    """Equipment with its number, quantities and periods, in order."""
    utterance = Utterance(text, language)
    spans = [TextSpan(one.start, one.end, "equipment", one.key) for one in named_equipment(text)]
    tokens, stems = utterance.tokens, utterance.stems
    for index, (token, stem) in enumerate(zip(tokens, stems, strict=True)):
        if any(span.start <= token.start < span.end for span in spans):
            continue
        last = spans[-1] if spans else None
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        device = min(equipment_words([token.word]), default="")
        if following and device and language.stem(following.word).isdecimal():
            spans.append(TextSpan(token.start, following.end, "equipment", device))
        elif stem in language.words["metrics"] and token.word not in language.same:
            spans.append(TextSpan(token.start, token.end, "quantity"))
        elif token.word in language.words["periods"]:
            joined = last and last.kind == "period" and not text[last.end : token.start].strip()
            start = spans.pop().start if joined else token.start
            spans.append(TextSpan(start, token.end, "period"))
    return sorted(spans)


def _at_mark(utterance: Utterance, place: int, end: int) -> str | None:
    """What follows the words from `place` to `end`, else what precedes them."""
    language, rest = utterance.language, utterance.after(end)
    denies = language.denied_first and language.words["contrast"].intersection(rest.words)
    if rest.content and not denies and 0 not in rest.contrasts():
        return _trimmed(rest)
    before = utterance.text[: utterance.tokens[place].start].rstrip(_MARKS)
    if language.denied_first:
        before = _COMMA.split(before)[-1]
    return _trimmed(Utterance(before, language))


def _negated(utterance: Utterance, place: int) -> bool:
    """Whether one of the two words before `place` denies it."""
    tokens, text = utterance.tokens, utterance.text
    return any(
        place - 2 <= index < place
        and not _COMMA.search(text[tokens[index].end : tokens[place].start])
        for index in utterance.contrasts()
    )


def _after_denied_part(rest: Utterance, earlier: Utterance) -> str | None:
    """The rest after the denied part: "pump 30" of "pump 13, pump 30" and of "pump 13 pump 30"."""
    for comma in _COMMA.finditer(rest.text):
        denied = Utterance(rest.text[: comma.start()], rest.language)
        if denied.content <= earlier.content:
            return _trimmed(Utterance(rest.text[comma.end() :], rest.language))
    if rest.words[:1] and rest.words[0] in rest.words[1:]:
        return _trimmed(rest.after(rest.words.index(rest.words[0], 1)))
    return None


def _after_negation(rest: Utterance, earlier: Utterance) -> str | None:
    """The rest after a negation that follows what it denies: "parso" of "kal nahi, parso"."""
    contrast = rest.language.words["contrast"]
    place = next(index for index, word in enumerate(rest.words) if word in contrast)
    denied = Utterance(rest.text[: rest.tokens[place].start], rest.language)
    intended = rest.after(place + 1)
    known = denied.content and denied.content <= earlier.content
    return _trimmed(intended) if known and intended.content - earlier.content else None


def _trimmed(utterance: Utterance) -> str | None:
    """The first sentence up to a phrase that cuts it, without an opening and without marks."""
    language = utterance.language
    sentence = Utterance(sentences_of(utterance.text.strip(_MARKS))[0], language)
    while opening := sentence.opens("openings"):
        sentence = sentence.after(len(opening.split()))
    cuts = [place for phrase in language.phrases["cuts"] if (place := sentence.find(phrase))]
    end = sentence.tokens[min(cuts)].start if cuts else None
    kept = Utterance(sentence.text[:end].strip(_MARKS), language)
    while kept.words and kept.words[-1] in language.words["trailing"]:
        kept = Utterance(kept.text[: kept.tokens[-1].start].rstrip(_MARKS), language)
    return None if kept.has("wrong") else kept.text or None
