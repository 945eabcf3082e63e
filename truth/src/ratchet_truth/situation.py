"""The situation that an answer is about: the readings, and what was asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol
from unicodedata import normalize

from ratchet_text import number_mentions
from ratchet_truth.vocabulary.devices import Device, device_named
from ratchet_truth.vocabulary.lexicon import Phrasebook, phrasebook
from ratchet_truth.vocabulary.metrics import MetricMeaning, literal_phrases, metric_of
from ratchet_truth.vocabulary.tokens import tokens_in
from ratchet_truth.vocabulary.units import Unit, unit_of


class Measured(Protocol):
    """A reading, of any type."""

    @property
    def equipment(self) -> str: ...
    @property
    def metric(self) -> str: ...
    @property
    def value(self) -> float: ...
    @property
    def unit(self) -> str: ...


@dataclass(frozen=True, slots=True)
class RequestedReading:
    """One measured value of one piece of equipment, such as 45.0 kW of power."""

    equipment: str
    metric: str
    value: float
    unit: str


class Topic(NamedTuple):
    """What a question asks about: a metric of a device, whether or not a reading has it."""

    equipment: str
    metric: str


class Row(NamedTuple):
    """A reading by its parts: the device's position, metric, value and unit."""

    device: int
    metric: MetricMeaning
    value: float
    unit: Unit | None
    source: Measured

    def described(self) -> str:
        return reading_line(self.source)


class AskedRow(NamedTuple):
    """One topic by its parts; `row` is None if no reading has it."""

    device: int
    metric: MetricMeaning
    row: Row | None


@dataclass(frozen=True)
class JudgedSituation:
    """The readings that an answer may use, what was asked, and the question's text."""

    readings: tuple[Measured, ...]
    asked: tuple[Topic, ...] = ()
    question: str = ""

    @cached_property
    def devices(self) -> tuple[Device, ...]:
        names = [row.equipment for row in self.readings]
        names += [topic.equipment for topic in self.asked]
        return tuple(device_named(name) for name in dict.fromkeys(names) if name)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        places = {device.name: place for place, device in enumerate(self.devices)}
        return tuple(
            Row(
                places.get(one.equipment, -1),
                metric_of(one.metric),
                one.value,
                unit_of(one.unit),
                one,
            )
            for one in self.readings
        )

    @cached_property
    def requested(self) -> tuple[AskedRow, ...]:
        places = {device.name: place for place, device in enumerate(self.devices)}
        found = []
        for topic in self.asked:
            device, metric = places.get(topic.equipment, -1), metric_of(topic.metric)
            row = self._row_of(topic, device, metric)
            found.append(AskedRow(device, metric, row))
        return tuple(found)

    def _row_of(self, topic: Topic, device: int, metric: MetricMeaning) -> Row | None:
        same = [row for row in self.rows if row.device == device]
        by_name = [row for row in same if row.source.metric == topic.metric]
        return next(iter(by_name or [row for row in same if row.metric == metric]), None)

    @cached_property
    def phrases(self) -> Phrasebook:
        """The names of metrics that the lexicon does not have."""
        names = [row.metric for row in self.readings] + [topic.metric for topic in self.asked]
        return phrasebook(literal_phrases(names))

    @cached_property
    def known_words(self) -> frozenset[str]:
        """The words of the readings and of the question."""
        parts = [self.question, *(device.name for device in self.devices)]
        parts += [f"{row.metric} {row.unit}" for row in self.readings]
        return frozenset(token.text for token in tokens_in(normalize("NFC", " ".join(parts))))

    @cached_property
    def counts(self) -> bool:
        """Whether a reading has no unit, as the number of alarms."""
        return any(not row.unit for row in self.readings)

    @cached_property
    def numbers_of_question(self) -> frozenset[float]:
        """The values that the question mentions, such as a threshold."""
        return frozenset(
            value
            for mention in number_mentions(self.question)
            if mention.identity is None and not mention.glued
            for reading in mention.readings()
            for value, _ in reading
        )


def situation_of(
    readings: Sequence[Measured], asked: Measured | None, question: str
) -> JudgedSituation:
    """The situation of an answer to a question about one reading, or about none in particular."""
    topics = (Topic(asked.equipment, asked.metric),) if asked is not None else ()
    listed = tuple(readings)
    if asked is not None and not any(
        one.equipment == asked.equipment and one.metric == asked.metric for one in listed
    ):
        listed = (*listed, asked)
    return JudgedSituation(listed, topics, question)


def reading_line(row: Measured) -> str:
    """A reading in one line: "pump 001 power: 45 kW"."""
    return f"{row.equipment} {row.metric}: {row.value:.10g} {row.unit}".rstrip()
