"""Asks for the other readings of a prompt, and for some that it does not list.

The prompt keeps its readings, so a model computes them once for all questions. It must find the
reading that was asked: the other ones are those that it would confuse it with.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import NamedTuple

from ratchet.contract import Reading
from ratchet_truth import RequestedReading, true_answer
from ratchet_truth.vocabulary.metrics import metric_of
from trainer.domain.counterfactuals.change import Change, MetricChange, NewReading
from trainer.domain.counterfactuals.drawing import languages_of, words_of_metric
from trainer.domain.counterfactuals.edits import Unclear
from trainer.domain.counterfactuals.facts import Facts
from trainer.domain.counterfactuals.quantities import QUANTITIES, Quantity, quantity_named
from trainer.domain.counterfactuals.rewriting import (
    rewritten_answer,
    rewritten_question,
)
from trainer.domain.examples.truth import is_true

_END_OF_SENTENCE = re.compile(r"(?<=[.!?।。])\s+")


class TrueAnswer(NamedTuple):
    """A prompt with a true answer; `false` is an untrue one in its form, if there is one."""

    facts: Facts
    answer: str
    false: str | None


_Make = Callable[[Facts, str, Change, RequestedReading], TrueAnswer | None]


def other_questions(rng: Random, facts: Facts, answer: str, most: int) -> Iterator[TrueAnswer]:
    """At most `most` questions for other readings of the prompt, with answers like `answer`."""
    asked = _asked_reading(facts)
    if asked is not None:
        others = [row for row in facts.readings if row != asked]
        drawn = rng.sample(others, len(others))
        yield from _asked_anew(facts, asked, answer, drawn, _listed, most)


def absent_questions(rng: Random, facts: Facts, answer: str, most: int) -> Iterator[TrueAnswer]:
    """At most `most` questions for readings that the prompt does not list.

    The true answer states the absence, the untrue one another reading's value.
    """
    asked = _asked_reading(facts)
    if asked is not None:
        yield from _asked_anew(facts, asked, answer, _missing(rng, facts), _absent, most)


def _asked_anew(
    facts: Facts,
    asked: RequestedReading,
    answer: str,
    targets: Iterable[RequestedReading],
    make: _Make,
    most: int,
) -> Iterator[TrueAnswer]:
    """What `make` makes of the targets in place of the asked reading."""
    core = _core(answer, facts)
    found = 0
    for target in targets:
        if found == most:
            return
        change = _change(facts, asked, target)
        made = None if change is None else make(facts, core, change, target)
        if made is not None:
            found += 1
            yield made


def _asked_reading(facts: Facts) -> RequestedReading | None:
    """The one reading that the question asks for; None unless the prompt lists it."""
    rows = [topic.row for topic in facts.situation.requested]
    if len(rows) != 1 or rows[0] is None:
        return None
    return next((one for one in facts.readings if one == rows[0].source), None)


def _core(answer: str, facts: Facts) -> str:
    """The first sentence if it is true alone: the others compare with other readings."""
    first = _END_OF_SENTENCE.split(answer, maxsplit=1)[0]
    return first if is_true(first, facts.situation) else answer


def _change(facts: Facts, asked: RequestedReading, target: RequestedReading) -> Change | None:
    """The asked reading becomes another; None if its metric is not certain to be named alike."""
    metric = None
    if asked.metric != target.metric:
        metric = _metric_change(facts, asked, target)
        if metric is None:
            return None
    names = {device.name: device.name for device in facts.situation.devices}
    readings = {row: NewReading(row, facts.decimals(row)) for row in facts.readings}
    decimals = facts.decimals(target) if target in readings else facts.decimals(asked)
    return Change(
        names | {asked.equipment: target.equipment},
        readings | {asked: NewReading(target, decimals)},
        {},
        facts.situation.numbers_of_question,
        metric,
        heads=False,
    )


def _metric_change(
    facts: Facts, asked: RequestedReading, target: RequestedReading
) -> MetricChange | None:
    quantity = metric_of(asked.metric).quantity
    words = words_of_metric(asked.metric, quantity)
    if words != [asked.metric.lower()]:
        return None
    language, _ = languages_of(facts)
    new = metric_of(target.metric).quantity
    known = next((q for q in QUANTITIES[language] if q.quantity == new), None)
    if language == "de":
        old, same = quantity_named(words[0], language), quantity_named(target.metric, language)
        if old is None or same is None or old.gender != same.gender:
            return None
    spoken = known.spoken if known is not None and known.unit == target.unit else target.unit
    decimals = 0 if known is None else known.decimals
    gender = "" if known is None else known.gender
    to = Quantity(new, target.metric, target.unit, spoken, decimals, 0, 0, gender)
    return MetricChange(words[0], quantity, to)


def _missing(rng: Random, facts: Facts) -> Iterator[RequestedReading]:
    """Readings that are not listed, with the value of one that is; first those of its metric."""
    language, _ = languages_of(facts)
    listed = {(row.equipment, metric_of(row.metric).quantity) for row in facts.readings}
    devices = sorted({row.equipment for row in facts.readings})
    of_others = [
        RequestedReading(device, row.metric, row.value, row.unit)
        for row in facts.readings
        for device in devices
        if (device, metric_of(row.metric).quantity) not in listed
    ]
    of_none = [
        RequestedReading(device, quantity.name, row.value, row.unit)
        for quantity in QUANTITIES[language]
        for device in devices
        for row in facts.readings[:1]
        if (device, quantity.quantity) not in listed
    ]
    yield from rng.sample(of_others, len(of_others))
    yield from rng.sample(of_none, len(of_none))


def _listed(facts: Facts, core: str, change: Change, target: RequestedReading) -> TrueAnswer | None:
    asked = Reading(
        equipment=target.equipment, metric=target.metric, value=target.value, unit=target.unit
    )
    try:
        found = _with_question(facts, rewritten_question(facts, change), asked)
        if found is None or _asked_reading(found) != target:
            return None
        answer = found.sentence or rewritten_answer(core, facts, change)
    except Unclear:
        return None
    return TrueAnswer(found, answer, None) if is_true(answer, found.situation) else None


def _absent(facts: Facts, core: str, change: Change, target: RequestedReading) -> TrueAnswer | None:
    try:
        found = _with_question(facts, rewritten_question(facts, change), None)
        false = rewritten_answer(core, facts, change)
    except Unclear:
        return None
    if found is None or len(found.situation.requested) != 1:
        return None
    (topic,) = found.situation.requested
    if topic.row is not None or found.situation.devices[topic.device].name != target.equipment:
        return None
    answer = true_answer(found.situation)
    if not is_true(answer, found.situation) or is_true(false, found.situation) is not False:
        return None
    return TrueAnswer(found, answer, false)


def _with_question(facts: Facts, text: str, asked: Reading | None) -> Facts | None:
    """The prompt with another question; None if it is the same or its readings are not found."""
    start, end = facts.asked
    prompt = facts.prompt[:start] + text + facts.prompt[end:]
    question = facts.question.model_copy(update={"text": text, "asked": asked})
    found = Facts.of(prompt, question)
    same = text == facts.question.text or found is None or found.readings != facts.readings
    return None if same else found
