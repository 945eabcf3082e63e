"""Finds garbled names: a subject that is no device of the situation, before a value.

"Elbow is 198 °C" for a boiler, "Con conveyor 014", "Eliminator 16 speed is 127 rpm". A word counts
as a name only if neither the situation nor the lexicon of the answer's language knows it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from ratchet_truth.answer.clauses import Clause
from ratchet_truth.answer.parts import ReadAnswer
from ratchet_truth.answer.quantities import SaidNumber
from ratchet_truth.situation import JudgedSituation
from ratchet_truth.vocabulary.devices import NamedDevice
from ratchet_truth.vocabulary.phrases import is_plain
from ratchet_truth.vocabulary.tokens import WordToken

_LATIN = re.compile(r"[a-zà-öø-ÿß'’]+")
_ARTICLES = ("the", "der", "die", "das", "el", "la")
_PREPOSITIONS = ("of", "for", "at", "on", "from", "von", "bei", "an", "de", "del", "en")
_PRONOUNS = frozenset(
    "it this that we i you they he she es das dies wir ich sie er esto eso yo "
    "यह वह मैं yeh 我 它 这 那".split()
)
_NO_NAMES = ("ing", "ly")
_SHARED = 3
_FEWEST = 2


def unknown_subject(
    answer: ReadAnswer, sentence: Sequence[Clause], number: SaidNumber, situation: JudgedSituation
) -> str:
    """The unknown word that a value is said of, in a sentence that names no device; or "".

    It stands before every word that may be a subject, or after a word such as "of".
    """
    numbers = [one for clause in sentence for one in clause.numbers]
    tokens = [
        one
        for one in answer.tokens
        if sentence[0].start <= one.start
        and one.end <= number.start
        and not any(other.start <= one.start < other.end for other in numbers)
    ]
    strange = {one.start for one in _unknown(tokens, answer, situation)}
    has_subject = False
    for place, token in enumerate(tokens):
        if token.start in strange and not token.text.endswith(_NO_NAMES):
            if _is_notice(answer.text, tokens, place):
                continue
            before = tokens[place - 1].text if place else ""
            if not has_subject or before in _PREPOSITIONS:
                return answer.text[token.start : token.end]
        has_subject = has_subject or token.start in answer.meaningful or token.text in _PRONOUNS
    return ""


def _is_notice(text: str, tokens: Sequence[WordToken], place: int) -> bool:
    """Whether a word only calls attention to what follows: "Mind you: that is above the limit"."""
    after = tokens[place + 1 : place + 2]
    if not after or after[0].text not in _PRONOUNS:
        return False
    return text[tokens[place].end : after[0].start].strip() in (":", "：")


def garbled_name(
    answer: ReadAnswer, device: NamedDevice, clause: Clause, situation: JudgedSituation
) -> str:
    """The unknown word directly before a device's name, and the name; "" if there is none.

    The word opens the clause, follows an article, or begins as the name does.
    """
    before = [one for one in answer.tokens if clause.start <= one.start and one.end <= device.start]
    if not before or answer.text[before[-1].end : device.start].strip(" -"):
        return ""
    word = before[-1]
    if not any(_unknown([word], answer, situation)):
        return ""
    opens = not answer.text[clause.start : word.start].strip(" \n\"'*")
    follows = len(before) > 1 and before[-2].text in _ARTICLES
    begins = len(word.text) >= _SHARED and device.said.lower().startswith(word.text[:_SHARED])
    return answer.text[word.start : device.end] if opens or follows or begins else ""


def _unknown(
    tokens: Iterable[WordToken], answer: ReadAnswer, situation: JudgedSituation
) -> Iterator[WordToken]:
    """The tokens that neither the lexicon nor the situation knows; none in another language."""
    for token in tokens if answer.language else ():
        if (
            token.start not in answer.meaningful
            and not is_plain(token.text, answer.language)
            and token.text not in situation.known_words
            and _is_judged(token.text)
        ):
            yield token


def _is_judged(word: str) -> bool:
    """Whether a word is of a script whose common words the lexicon has."""
    if "\u0900" <= word[0] <= "\u097f" or "\u3400" <= word[0] <= "\u9fff":
        return True
    return len(word) >= _FEWEST and _LATIN.fullmatch(word) is not None
