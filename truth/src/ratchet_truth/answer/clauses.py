"""The clauses of an answer, and where one ends."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ratchet_truth.answer.quantities import SaidNumber
from ratchet_truth.vocabulary.devices import NamedDevice
from ratchet_truth.vocabulary.metrics import SaidMetric

_SENTENCE = re.compile(r"[.!?]++(?=[\s\"')*]|$)|[;\n।。！？；]++")
_CLAUSE = re.compile(r"[,，、()（）—](?![0-9])|(?<= ),(?=[0-9])| [–-] ")
_LAST_WORD = re.compile(r"[^\W\d_]+$")
_ABBREVIATED = ("ca", "nr", "no", "approx", "max", "min", "avg", "bzw", "aprox", "नं", "क्र")
_LONGEST_ABBREVIATION = 8
_SIGNS = ("above", "below", "within", "rising", "falling")
_FLAGS = ("not", "record", "absent", "than", "total", "difference")


class Mark(NamedTuple):
    """A phrase of a kind, such as `above` or `not`, at `text[start:end]`."""

    kind: str
    start: int
    end: int


@dataclass
class Clause:
    """What stands in `text[start:end]`.

    `signs` are directions: above, below, within, rising or falling. `flags` has the places of
    words such as "not" by their kind.
    """

    start: int
    end: int
    devices: list[NamedDevice] = field(default_factory=list)
    metrics: list[SaidMetric] = field(default_factory=list)
    numbers: list[SaidNumber] = field(default_factory=list)
    signs: list[Mark] = field(default_factory=list)
    flags: dict[str, list[int]] = field(default_factory=dict)

    @property
    def negated(self) -> bool:
        return len(self.flags.get("not", ())) % 2 == 1


def cut(text: str, marks: Iterable[Mark], spans: Sequence[tuple[int, int]]) -> list[list[Clause]]:
    """The sentences of a text, each a list of empty clauses; no cut is inside one of the spans."""
    inside = bytearray(len(text) + 1)
    for start, end in spans:
        inside[start:end] = b"\1" * (end - start)
    stops = {
        match.end()
        for match in _SENTENCE.finditer(text)
        if not inside[match.start()] and not _is_abbreviation(text, match.start())
    }
    stops.add(len(text))
    parts = {match.end() for match in _CLAUSE.finditer(text) if not inside[match.start()]}
    parts |= {mark.start for mark in marks if mark.kind == "joint"}
    sentences: list[list[Clause]] = [[]]
    start = 0
    for end in sorted(stops | parts):
        if end > start:
            sentences[-1].append(Clause(start, end))
        if end in stops:
            sentences.append([])
        start = end
    return [sentence for sentence in sentences if sentence]


def fill(
    sentences: Sequence[Sequence[Clause]],
    devices: Iterable[NamedDevice],
    metrics: Iterable[SaidMetric],
    numbers: Iterable[SaidNumber],
    marks: Iterable[Mark],
) -> None:
    """Put everything that was found, in order, into the clause that it begins in."""
    clauses = [clause for sentence in sentences for clause in sentence]
    if not clauses:
        return
    ends = [clause.end for clause in clauses]

    def clause_at(place: int) -> Clause:
        return clauses[min(bisect_right(ends, place), len(clauses) - 1)]

    for device in devices:
        clause_at(device.start).devices.append(device)
    for metric in metrics:
        clause_at(metric.start).metrics.append(metric)
    for number in numbers:
        clause_at(number.start).numbers.append(number)
    for mark in marks:
        if mark.kind in _SIGNS:
            clause_at(mark.start).signs.append(mark)
        elif mark.kind in _FLAGS:
            clause_at(mark.start).flags.setdefault(mark.kind, []).append(mark.start)


def _is_abbreviation(text: str, stop: int) -> bool:
    if text[stop] != ".":
        return False
    word = _LAST_WORD.search(text[max(0, stop - _LONGEST_ABBREVIATION) : stop])
    if word is None or word[0].lower() not in _ABBREVIATED:
        return False
    return text[stop + 1 :].lstrip()[:1].isdigit()
