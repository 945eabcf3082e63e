"""Writes the facts of a copy into a text in place of those of its origin."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from ratchet_text import NumberMention, equipment_words
from ratchet_truth import JudgedSituation
from ratchet_truth.vocabulary.phrases import language_in, phrases_in
from ratchet_truth.vocabulary.tokens import WordToken, tokens_in
from trainer.domain.counterfactuals.change import Change, MetricChange
from trainer.domain.counterfactuals.edits import Edit, Unclear, applied
from trainer.domain.counterfactuals.facts import Facts, Place
from trainer.domain.counterfactuals.names import parts_of_name
from trainer.domain.counterfactuals.notation import notation_of
from trainer.domain.counterfactuals.stated_facts import (
    StatedReading,
    name_spans,
    stated_readings,
    words_before_number,
)

_Part = Literal["answer", "question", "context"]
_DIGITS = re.compile(r"[0-9]+")
_DECIMALS = re.compile(r"[0-9]([.,])(?:[0-9]{1,2})(?![0-9])")
_SYMBOL_LENGTH = 5
_OF_ONE_METRIC = frozenset(
    "draw draws drawing drew consume consumes consuming use uses using spin spins turn turns "
    "rotate rotates run runs running vibrate vibrates vibrating hot hotter cool cooler cold "
    "colder warm warmer fast faster slow slower full empty moves moving delivers delivering "
    "carries heavy loaded zieht verbraucht läuft dreht vibriert fördert heiß heißer kalt kälter "
    "warm wärmer kühl kühler schnell schneller langsam langsamer voll leer schwer nimmt".split()
)
"""Words that fit one metric only, such as "draws 45 kW"."""


def rewritten_answer(answer: str, facts: Facts, change: Change) -> str:
    """An answer with the facts of a copy; raises `Unclear` if any of its facts is not certain."""
    return applied(answer, _edits(answer, facts.situation, change, "answer"))


def rewritten_question(facts: Facts, change: Change) -> str:
    """The question with the facts of a copy. Raises `Unclear`."""
    text = facts.question.text
    return applied(text, _edits(text, facts.situation, change, "question"))


def rewritten_prompt(facts: Facts, change: Change, question: str) -> str:
    """The prompt with the readings of a copy and its question."""
    edits = [Edit(*facts.asked, question)]
    for one in facts.placed:
        new = change.readings[one.reading]
        sign = facts.prompt[one.value.start : one.value.end].rstrip("0123456789.,")
        edits += [
            Edit(*one.equipment, new.reading.equipment),
            Edit(*one.metric, new.reading.metric),
            Edit(*one.value, sign + one.notation.write(new.reading.value, new.decimals)),
            Edit(*one.unit, new.reading.unit),
        ]
    for line in facts.context:
        edits += _edits_of_context(facts, line, change)
    return applied(facts.prompt, edits)


def _edits_of_context(facts: Facts, line: Place, change: Change) -> Iterator[Edit]:
    """Edits of a line that is neither a reading nor the question, such as a dashboard's heading."""
    text = facts.prompt[line.start : line.end]
    for start, end, new in _edits(text, facts.situation, change, "context"):
        yield Edit(line.start + start, line.start + end, new)


def _edits(text: str, situation: JudgedSituation, change: Change, part: _Part) -> list[Edit]:
    tokens = tokens_in(text)
    names = name_spans(text, situation)
    edits = [
        Edit(*span, _renamed(text, span, situation.devices[one.device].name, change))
        for span, one in names
    ]
    inside = [(edit.start, edit.end) for edit in edits]
    free = [token for token in tokens if not _is_inside(token.start, inside)]
    if change.heads:
        kinds = frozenset(key for device in situation.devices for key in device.keys)
        if kinds & equipment_words(token.text for token in free):
            raise Unclear("a device is named by its kind alone")
    for mention, stated in stated_readings(text, situation):
        if not _is_inside(mention.start, inside):
            point = decimal_mark(text, situation.question)
            edits += _number_edits(text, mention, stated, change, part, point)
    if change.metric is not None:
        edits += _metric_edits(text, free, change.metric)
    return edits


def _is_inside(place: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


def _renamed(text: str, span: Place, name: str, change: Change) -> str:
    """The new name of a device; only its number, where the text has the name in another form."""
    said, new = text[span.start : span.end], change.names[name]
    written = words_before_number(said).replace("-", " ")
    if said.endswith(")"):
        return new
    for old, part in zip(parts_of_name(name), parts_of_name(new), strict=True):
        if written and words_before_number(old).endswith(written):
            return part.replace(" ", "-") if " " in old and " " not in said else part
    if new == name:
        return said
    numbers = _DIGITS.findall(new)
    if change.heads or len(numbers) != 1 or len(_DIGITS.findall(said)) != 1:
        raise Unclear("a device is named in another form")
    return _DIGITS.sub(numbers[0], said)


def _number_edits(
    text: str,
    mention: NumberMention,
    stated: StatedReading | None,
    change: Change,
    part: _Part,
    point: str,
) -> Iterator[Edit]:
    if part == "context" and (stated is None or stated.unit is None):
        return
    if stated is None:
        values = [reading[0].value for reading in mention.readings() if len(reading) == 1]
        moved = [value for value in values if value in change.limits]
        if moved:
            written = text[mention.start : mention.end]
            notation = notation_of(written, abs(moved[0]))
            if notation is None:
                raise Unclear("a number of the question is written in another form")
            yield Edit(mention.start, mention.end, notation.write(change.limits[moved[0]]))
        elif part == "answer" and not any(value in change.kept for value in values):
            raise Unclear("a number is neither a reading nor from the question")
        return
    new = change.readings[stated.reading]
    decimals = new.decimals if stated.is_exact else min(new.decimals, stated.notation.decimals)
    notation = stated.notation
    if decimals and not notation.decimals:
        notation = notation._replace(point=point)
    written = notation.write(new.reading.value, decimals)
    if new.reading.unit == stated.reading.unit or stated.unit is None:
        yield Edit(mention.start, mention.end, written)
    elif change.metric is not None:
        said = text[mention.end : stated.end]
        yield Edit(mention.start, stated.end, written + _unit_like(said, stated, change.metric))


def decimal_mark(text: str, question: str) -> str:
    """The mark of the first number with decimals, else that of the question's language."""
    found = _DECIMALS.search(text)
    if found is not None:
        return found[1]
    return "," if language_in(question, tokens_in(question)) == "de" else "."


def _unit_like(said: str, stated: StatedReading, metric: MetricChange) -> str:
    """The new unit, as a symbol or in words as the old one is; a percent sign follows directly."""
    unit = said.strip()
    if unit == stated.reading.unit or len(unit) < _SYMBOL_LENGTH:
        closed_up = metric.to.unit == "%" and not metric.to.gender
        return metric.to.unit if closed_up else f" {metric.to.unit}"
    return f" {metric.to.spoken}"


def _metric_edits(text: str, tokens: Sequence[WordToken], metric: MetricChange) -> Iterator[Edit]:
    word = metric.word.lower()
    if any(token.text in _OF_ONE_METRIC for token in tokens):
        raise Unclear("a word fits one metric only")
    if any(token.text == metric.to.name.lower() for token in tokens):
        raise Unclear("the name of the new metric has another meaning here")
    for phrase in phrases_in(tokens):
        if phrase.meanings.get("quantity") != metric.quantity:
            continue
        start, end = tokens[phrase.first].start, tokens[phrase.last - 1].end
        said = text[start:end]
        if said.lower() != word:
            raise Unclear("a metric is named in another form")
        new = metric.to.name
        yield Edit(start, end, new[0].upper() + new[1:] if said[0].isupper() else new)
    if any(word in token.text and token.text != word for token in tokens):
        raise Unclear("a metric is part of a longer word")
