"""Reads the readings that a prompt lists, and what its question asks about."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import product
from math import isfinite
from unicodedata import normalize

from ratchet_text import equipment_ids, number_mentions
from ratchet_truth.situation import JudgedSituation, Measured, RequestedReading, Topic
from ratchet_truth.vocabulary.devices import STRANGER, named_devices
from ratchet_truth.vocabulary.metrics import MetricMeaning, fits, metric_of
from ratchet_truth.vocabulary.phrases import phrases_in
from ratchet_truth.vocabulary.tokens import WordToken, tokens_in

MOST_READINGS = 200
_LONGEST_LINE = 2_000
_OBJECT = re.compile(r"\{[^{}]{1,2000}\}")
_BULLET = re.compile(r"[ \t]*(?:[-*•][ \t]+)?")
_VALUE = r"[-+−]?(?:[0-9][0-9.,٫]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+)"
_PART = re.compile(
    rf"(?:^|[,;]\s+)([^:=;]{{2,120}}?)\s*[:=]\s+({_VALUE})(?![0-9])[ \t]*([^,;\n]{{0,40}})"
)
_CELL = re.compile(rf"([^:=]{{2,120}}?)\s*[:=]\s*({_VALUE})(?![0-9])\s*(.{{0,40}})")
_SEPARATORS = frozenset(":=|")
_KEYS = ("equipment", "metric", "value", "unit")


def readings_in(prompt: str) -> tuple[RequestedReading, ...]:
    """The readings of a prompt, in its order: at most `MOST_READINGS`.

    They are lines such as "- pump 001 power: 45 kW", several on one line, rows of a table, rows of
    one device such as "- pump 001 | power: 45 kW | flow: 12 m3/h", or JSON objects with the keys
    equipment, metric, value and unit. Other lines are no readings.
    """
    found = [*_objects(prompt)] or [*_lines(prompt)]
    return tuple(dict.fromkeys(found[:MOST_READINGS]))


def asked_in(question: str, readings: Sequence[Measured]) -> tuple[Topic, ...]:
    """What a question asks about: each metric that it names of each device that it names.

    A topic that the readings have is written as they write it. Empty if the question does not
    name a device and a metric, and not exactly one reading has what it names.
    """
    text = normalize("NFC", question)
    known = JudgedSituation(tuple(readings))
    tokens = tokens_in(text)
    devices = named_devices(text, tokens, known.devices)
    names = [
        known.devices[one.device].name if one.device != STRANGER else one.said for one in devices
    ]
    inside = [(one.start, one.end) for one in devices]
    free = [one for one in tokens if not any(a <= one.start < b for a, b in inside)]
    metrics = _metrics(text, free, known)
    topics = [_topic(name, metric, readings) for name, metric in product(names, metrics)]
    if not names and metrics:
        fitting = [
            row for row in readings if any(fits(m, metric_of(row.metric)) for m, _ in metrics)
        ]
        topics = [Topic(row.equipment, row.metric) for row in fitting] if len(fitting) == 1 else []
    return tuple(dict.fromkeys(topics))


def situation_in(prompt: str, question: str) -> JudgedSituation:
    """The situation of a prompt that lists its readings, and of its question."""
    readings = readings_in(prompt)
    return JudgedSituation(readings, asked_in(question, readings), question)


def _topic(name: str, said: tuple[MetricMeaning, str], readings: Sequence[Measured]) -> Topic:
    metric, words = said
    own = [row for row in readings if row.equipment == name]
    same = [row for row in own if metric_of(row.metric) == metric]
    fitting = same or [row for row in own if fits(metric, metric_of(row.metric))]
    return Topic(name, fitting[0].metric if fitting else words)


def _metrics(
    text: str, tokens: Sequence[WordToken], known: JudgedSituation
) -> list[tuple[MetricMeaning, str]]:
    """The metrics that a question names, each with its words as they are written."""
    found: list[tuple[MetricMeaning, str]] = []
    qualifiers: set[str] = set()
    words: list[str] = []
    for phrase in phrases_in(tokens, known.phrases):
        meanings = phrase.meanings
        if not meanings.keys() & {"quantity", "qualifier"}:
            continue
        named = tokens[phrase.first : phrase.last]
        words.append(" ".join(text[token.start : token.end] for token in named))
        if "qualifier" in meanings:
            qualifiers.add(meanings["qualifier"])
        if "quantity" in meanings:
            found.append((MetricMeaning(meanings["quantity"]), words[-1]))
    if qualifiers and len(found) == 1:
        return [(found[0][0]._replace(qualifiers=frozenset(qualifiers)), " ".join(words))]
    return list({metric: (metric, text) for metric, text in found}.values())


def _objects(prompt: str) -> Iterator[RequestedReading]:
    for match in _OBJECT.finditer(prompt):
        try:
            row = json.loads(match[0])
        except ValueError:
            continue
        if not isinstance(row, dict) or not row.keys() >= set(_KEYS[:3]):
            continue
        value, names = row["value"], (row["equipment"], row["metric"], row.get("unit", ""))
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            continue
        if all(isinstance(name, str) for name in names):
            yield RequestedReading(names[0], names[1], float(value), names[2])


def _lines(prompt: str) -> Iterator[RequestedReading]:
    for line in prompt.splitlines():
        if _SEPARATORS.isdisjoint(line) or len(line) > _LONGEST_LINE:
            continue
        gap = _BULLET.match(line)
        content = line[gap.end() if gap else 0 :]
        cells = [cell.strip() for cell in content.strip(" |").split("|")]
        own = [*_of_one_device(cells)]
        is_row = len(cells) >= len(_KEYS) and ":" not in cells[2]
        if own:
            yield from own
        elif is_row and (value := _number(cells[2])) is not None:
            yield RequestedReading(cells[0], cells[1], value, cells[3])
        else:
            yield from _of_parts(content)


def _of_parts(line: str) -> Iterator[RequestedReading]:
    for name, written, unit in _PART.findall(line):
        value = _number(written)
        equipment, metric = _parted(name.strip())
        if value is not None and equipment and metric:
            yield RequestedReading(equipment, metric, value, unit.strip().rstrip("."))


def _of_one_device(cells: Sequence[str]) -> Iterator[RequestedReading]:
    """The readings of a row that begins with a device; cells without a number are none."""
    name = cells[0]
    if not _SEPARATORS.isdisjoint(name) or not equipment_ids(name):
        return
    for cell in cells[1:]:
        found = _CELL.fullmatch(cell)
        value = _number(found[2]) if found else None
        if found and value is not None:
            yield RequestedReading(name, found[1].strip(), value, found[3].strip().rstrip("."))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        mentions = number_mentions(text)
        readings = mentions[0].readings() if len(mentions) == 1 else ()
        if not readings or len(readings[0]) != 1:
            return None
        value = readings[0][0].value
    return value if isfinite(value) else None


def _parted(name: str) -> tuple[str, str]:
    """The equipment and the metric in the name of a reading."""
    one = next(iter(equipment_ids(name)), None)
    if one is not None and name[one.end :].strip():
        return name[: one.end].strip(), name[one.end :].removeprefix("'s").strip()
    tokens = tokens_in(name)
    for phrase in phrases_in(tokens):
        if phrase.first and phrase.meanings.keys() & {"quantity", "qualifier"}:
            start = tokens[phrase.first].start
            return name[:start].strip(), name[start:].strip()
    return "", ""
