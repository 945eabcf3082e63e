"""The facts of a spoken example, each with its place in the prompt."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from ratchet.contract import Question
from ratchet_text import equipment_ids
from ratchet_truth import (
    JudgedSituation,
    Measured,
    RequestedReading,
    has_sentence,
    readings_in,
    true_answer,
)
from ratchet_truth.vocabulary.devices import STRANGER, named_devices
from ratchet_truth.vocabulary.tokens import tokens_in
from trainer.domain.counterfactuals.notation import Notation, notation_of
from trainer.domain.examples.truth import spoken_situation

_OBJECT = re.compile(r"\{[^{}]{1,2000}\}")
_NUMBER = re.compile(r"[-+−]?[0-9][0-9.,]*[0-9]|[-+−]?[0-9]")
_LINE = re.compile(r"[^\n]+")


class Place(NamedTuple):
    start: int
    end: int


class PlacedReading(NamedTuple):
    """A reading, and where the prompt has each of its parts; `notation` is that of the value."""

    reading: RequestedReading
    equipment: Place
    metric: Place
    value: Place
    unit: Place
    notation: Notation


@dataclass(frozen=True)
class Facts:
    """The readings and the question of a prompt, with their places.

    `context` are the other lines that name a device, such as the heading of a dashboard.
    """

    prompt: str
    question: Question
    asked: Place
    placed: tuple[PlacedReading, ...]
    context: tuple[Place, ...]
    situation: JudgedSituation

    @classmethod
    def of(cls, prompt: str, question: Question) -> Self | None:
        """The facts of a prompt; None unless every fact in it has a known place."""
        situation = spoken_situation(prompt, question)
        start = prompt.rfind(question.text)
        if situation is None or not question.text or start < 0:
            return None
        asked = Place(start, start + len(question.text))
        placed = tuple(_placed_readings(prompt, asked))
        found = tuple(dict.fromkeys(one.reading for one in placed))
        context = _context(prompt, asked, placed, situation)
        if found != situation.readings or context is None:
            return None
        return cls(prompt, question, asked, placed, context, situation)

    @property
    def readings(self) -> tuple[RequestedReading, ...]:
        """The readings in the order of the prompt, each once."""
        return tuple(dict.fromkeys(one.reading for one in self.placed))

    def decimals(self, reading: RequestedReading) -> int:
        """The decimals with which the prompt shows a reading."""
        return next(one.notation.decimals for one in self.placed if one.reading == reading)

    @property
    def sentence(self) -> str:
        """The answer that the readings give, with their own numbers; empty in other languages."""
        if not has_sentence(self.question.text):
            return ""
        numbers: dict[Measured, str] = {
            one.reading: self.prompt[one.value.start : one.value.end] for one in self.placed
        }
        return true_answer(self.situation, numbers.__getitem__)


def _placed_readings(prompt: str, asked: Place) -> Iterator[PlacedReading]:
    objects = [match for match in _OBJECT.finditer(prompt) if readings_in(match[0])]
    for match in objects or _LINE.finditer(prompt):
        if match.start() < asked.end and asked.start < match.end():
            continue
        yield from _of_part(prompt, Place(*match.span()), readings_in(match[0]))


def _of_part(
    prompt: str, part: Place, readings: Sequence[RequestedReading]
) -> Iterator[PlacedReading]:
    """The readings of one line or object, in order; those that are not found are left out.

    In a row of one device its name stands once, before all of its readings.
    """
    reached = part.start
    for reading in readings:
        equipment = _found(prompt, reading.equipment, reached, part.end)
        equipment = equipment or _found(prompt, reading.equipment, part.start, part.end)
        if equipment is None:
            return
        metric = _found(prompt, reading.metric, max(equipment.end, reached), part.end)
        if metric is None:
            return
        for match in _NUMBER.finditer(prompt, metric.end, part.end):
            notation = notation_of(match[0], reading.value)
            if notation is not None:
                value = Place(*match.span())
                break
        else:
            return
        unit = _found(prompt, reading.unit, value.end, part.end)
        if unit is None:
            return
        reached = unit.end
        yield PlacedReading(reading, equipment, metric, value, unit, notation)


def _found(text: str, part: str, start: int, end: int) -> Place | None:
    place = text.find(part, start, end)
    return Place(place, place + len(part)) if place >= 0 else None


def _context(
    prompt: str, asked: Place, placed: Sequence[PlacedReading], situation: JudgedSituation
) -> tuple[Place, ...] | None:
    """The lines beside the readings and the question that name a device of the situation.

    None if a device is named whose counterpart in a copy is not certain: another one, or one in a
    line of a reading or the question.
    """
    spans = [asked, *(one.equipment for one in placed)]
    outside = [
        one.start
        for one in equipment_ids(prompt)
        if all(one.end <= start or end <= one.start for start, end in spans)
    ]
    lines = [
        Place(*match.span())
        for match in _LINE.finditer(prompt)
        if any(match.start() <= start < match.end() for start in outside)
    ]
    taken = [asked, *(one.value for one in placed)]
    for line in lines:
        text = prompt[line.start : line.end]
        named = named_devices(text, tokens_in(text), situation.devices)
        is_apart = all(line.end <= start or end <= line.start for start, end in taken)
        if not named or any(one.device == STRANGER for one in named) or not is_apart:
            return None
    return tuple(lines)
