"""Makes an untrue answer of a true one: a wrong digit, another reading's value, another device."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Literal

from ratchet_truth import JudgedSituation, RequestedReading, Topic, true_answer
from ratchet_truth.vocabulary.metrics import metric_of
from trainer.domain.counterfactuals.edits import Edit, applied
from trainer.domain.counterfactuals.facts import Facts
from trainer.domain.counterfactuals.notation import Notation
from trainer.domain.counterfactuals.stated_facts import name_spans, stated_readings
from trainer.domain.examples.truth import is_true

Falsehood = Literal["digit", "reading", "device", "original"]
_KINDS: tuple[Falsehood, ...] = ("digit", "reading", "device", "original")
_MOST = 8
"""Texts of one kind that are judged before another kind is tried."""


def false_side(rng: Random, answer: str, facts: Facts, original: str | None) -> str | None:
    """An answer that is judged untrue, of an evenly drawn kind; None if there is none.

    `answer` is true to `facts`. `original` is the rejected side of the origin with the same
    facts, if there is one.
    """
    makers: dict[Falsehood, Callable[[], Iterator[str]]] = {
        "digit": lambda: _with_a_wrong_digit(rng, answer, facts),
        "reading": lambda: _with_another_reading(rng, answer, facts),
        "device": lambda: _with_another_device(rng, answer, facts),
        "original": lambda: iter(() if original is None else (original,)),
    }
    for kind in rng.sample(_KINDS, len(_KINDS)):
        for text, _ in zip(makers[kind](), range(_MOST), strict=False):
            if text != answer and is_true(text, facts.situation) is False:
                return text
    return None


def _stated(
    rng: Random, answer: str, facts: Facts
) -> list[tuple[int, int, Notation, RequestedReading]]:
    """The numbers that state a reading, those of the requested ones first."""
    requested = [topic.row.source for topic in facts.situation.requested if topic.row is not None]
    asked = {one for one in facts.readings if one in requested}
    found = [
        (mention.start, mention.end, stated.notation, stated.reading)
        for mention, stated in stated_readings(answer, facts.situation)
        if stated is not None
    ]
    rng.shuffle(found)
    return sorted(found, key=lambda one: one[3] not in asked)


def _with_a_wrong_digit(rng: Random, answer: str, facts: Facts) -> Iterator[str]:
    for start, end, *_ in _stated(rng, answer, facts):
        places = [at for at in range(start, end) if answer[at].isdigit()]
        for at in rng.sample(places, len(places)):
            others = [digit for digit in "123456789" if digit != answer[at]]
            yield answer[:at] + rng.choice(others) + answer[at + 1 :]


def _with_another_reading(rng: Random, answer: str, facts: Facts) -> Iterator[str]:
    """Another value in place of a stated one, or of none; first those of the same quantity."""
    rows = rng.sample(facts.readings, len(facts.readings))
    for topic in facts.situation.asked if _is_absent(facts) else ():
        question, metric = facts.question.text, topic.metric
        place = question.lower().find(metric.lower())
        written = question[place : place + len(metric)] if place >= 0 else metric
        quantity = metric_of(metric).quantity
        for row in sorted(rows, key=lambda one: metric_of(one.metric).quantity != quantity):
            stated = RequestedReading(topic.equipment, written, row.value, row.unit)
            asked = Topic(topic.equipment, written)
            yield true_answer(JudgedSituation((stated,), (asked,), question))
    for start, end, notation, stated in _stated(rng, answer, facts):
        quantity = metric_of(stated.metric).quantity
        for row in sorted(rows, key=lambda one: metric_of(one.metric).quantity != quantity):
            if row.value != stated.value and row.value >= 0:
                written = notation.write(row.value, facts.decimals(row))
                yield answer[:start] + written + answer[end:]


def _is_absent(facts: Facts) -> bool:
    return all(topic.row is None for topic in facts.situation.requested)


def _with_another_device(rng: Random, answer: str, facts: Facts) -> Iterator[str]:
    spans = name_spans(answer, facts.situation)
    said = {one.device for _, one in spans}
    others = [place for place in range(len(facts.situation.devices)) if place not in said]
    for place in rng.sample(others, len(others)):
        name = facts.situation.devices[place].name
        for device in sorted(said):
            edits = [Edit(*span, name) for span, one in spans if one.device == device]
            yield applied(answer, edits)
