"""Which answers of a run are shown, and the mark of each."""

from collections.abc import Sequence
from random import Random
from typing import Literal, NamedTuple

from ratchet.contract import Answer

_SHOWN = 5
_LEAST_OF_EACH = 2
_MARKS = {
    "true": ("right", "green"),
    "wrong_value": ("wrong number", "red"),
    "invented": ("invented", "red"),
    "stated_absent": ("invented: no such reading", "red"),
    "wrong_unit": ("wrong unit", "red"),
    "wrong_direction": ("wrong direction", "red"),
    "wrong_device": ("wrong device", "red"),
    "wrong_metric": ("wrong quantity", "red"),
    "refused": ("refused", "yellow"),
    "not_stated": ("not stated", "yellow"),
}
_HARMLESS = {"refused", "not_stated"}


class AnswerMark(NamedTuple):
    """The verdict on an answer as words for a person, with their color."""

    word: str
    color: str


class ShownAnswer(NamedTuple):
    """`how` it came to be shown: "chosen" for its change, or "drawn at random" of all."""

    how: Literal["chosen", "drawn at random"]
    answer: Answer


def mark_of(faults: Sequence[str] | None) -> AnswerMark:
    """By the first fault; an answer without a judgment is "not judged"."""
    if faults is None:
        return AnswerMark("not judged", "default")
    name = faults[0] if faults else "true"
    return AnswerMark(*_MARKS.get(name, (name.replace("_", " "), "red")))


def shown_answers(answers: Sequence[Answer], seed: str) -> list[ShownAnswer]:
    """At most five with the largest changes, for better and for worse, and five of all by lot.

    The draw does not know which were chosen: else it would show the rest and not the whole.
    """
    drawn = Random(seed).sample(range(len(answers)), min(_SHOWN, len(answers)))
    return [
        *(ShownAnswer("chosen", one) for one in _chosen(answers)),
        *(ShownAnswer("drawn at random", answers[place]) for place in drawn),
    ]


def _chosen(answers: Sequence[Answer]) -> list[Answer]:
    """Two for worse and three for better, or more of one where the other has fewer."""
    worse = sorted((a for a in answers if change_of(a) < 0), key=change_of)
    better = sorted((a for a in answers if change_of(a) > 0), key=change_of, reverse=True)
    for_worse = min(len(worse), max(_LEAST_OF_EACH, _SHOWN - len(better)))
    return [*worse[:for_worse], *better[: _SHOWN - for_worse]]


def change_of(answer: Answer) -> int:
    """From -2 (right, now false) to 2 (false, now right); 0 without a judgment."""
    if answer.faults_before is None or answer.faults_after is None:
        return 0
    return worth(answer.faults_after) - worth(answer.faults_before)


def worth(faults: Sequence[str]) -> int:
    """2 for a right answer, 1 for one that says nothing false, 0 for a false one."""
    if not faults:
        return 2
    return 1 if _HARMLESS.issuperset(faults) else 0
