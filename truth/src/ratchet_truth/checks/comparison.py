"""Checks directions: which reading a clause compares, with which, and whether it holds."""

from collections.abc import Sequence

from ratchet_truth.answer.clauses import Clause, Mark
from ratchet_truth.answer.quantities import SaidNumber
from ratchet_truth.checks.attachment import is_reference, rows_of, subject_device
from ratchet_truth.checks.context import Context
from ratchet_truth.checks.values import shows
from ratchet_truth.situation import Row
from ratchet_truth.vocabulary.devices import STRANGER
from ratchet_truth.vocabulary.metrics import MetricMeaning

TRENDS = ("rising", "falling")
_UPWARD = {"above": 1, "below": -1, "rising": 1, "falling": -1}
_EARLIER = MetricMeaning("", frozenset(("earlier",)))
_NEAR = 40
_AHEAD = 24
_BY = ("by", "um", "por", "en", "了", "出")
_CHINESE = "\u3400"
_ENDS = frozenset("auf to von from desde hasta a de se से".split())
_ENDS_OF_CHINESE = ("从", "由", "到", "至", "为")
_WORD_REACH = 12


def references(clause: Clause, sign: Mark | None, subject: Row, context: Context) -> list[Row]:
    """The readings that a clause compares `subject` with, those after the direction first."""
    if sign is not None and sign.kind in TRENDS:
        return rows_of(
            subject.device, _EARLIER, None, context.about(subject.device, subject.metric.quantity)
        )
    place = sign.start if sign is not None else clause.start
    metrics = [one for one in clause.metrics if not one.metric.plain]
    devices = [one for one in clause.devices if is_reference(clause, one, context.text)]
    for said in [one for one in metrics if one.start > place] or metrics[::-1]:
        near = [one.device for one in devices if abs(one.start - said.start) < _NEAR]
        about = context.about(near[0] if near else subject.device, subject.metric.quantity)
        rows = [row for row in rows_of(about.device, said.metric, None, about) if row != subject]
        if rows:
            return rows
    others = {one.device for one in devices} - {STRANGER}
    same = [
        row
        for row in context.situation.rows
        if row.device in others and row.metric == subject.metric
    ]
    return same or [
        row
        for number in clause.numbers
        for row in context.situation.rows
        if number.start > place
        and row != subject
        and row.metric.quantity == subject.metric.quantity
        and shows(number, row)
    ]


def subject_row(clause: Clause, sign: Mark | None, context: Context) -> Row | None:
    """The reading that a clause compares: one named before the direction, or what was stated."""
    place = sign.start if sign is not None else clause.end
    named = subject_device(clause, context.text)
    device = named.device if named is not None else context.device
    if device == STRANGER:
        return None
    later = sign is not None and any(one.start > place for one in clause.metrics)
    for said in clause.metrics:
        if said.end <= place and (said.metric.plain or later):
            rows = rows_of(device, said.metric, None, context.about(device))
            if rows:
                return rows[0]
    asked = context.asked_rows()
    stated = [row for row in context.stated if row in asked or row.metric.plain]
    if named is None and stated:
        return stated[-1]
    usual = [
        row
        for row in context.own_rows(device)
        if row.metric.quantity == context.quantity and row.metric.plain
    ]
    return next(iter([row for row in asked if row.device == device] or usual), None)


def holds(sign: Mark, negated: bool, subject: Row, other: Row) -> bool:
    """Whether a reading is above, below or within another, as a direction says."""
    difference = subject.value - other.value
    if sign.kind != "within":
        return (difference * _UPWARD[sign.kind] > 0) != negated
    is_least = "minimum" in other.metric.qualifiers
    return (difference >= 0 if is_least else difference <= 0) != negated


def sign_of(number: SaidNumber, signs: Sequence[Mark], text: str) -> Mark | None:
    """The direction that a number is the amount of: "5 kW below", "低5千瓦", "um 5 kW höher"."""
    if _is_end_of_trend(number, text):
        signs = [sign for sign in signs if sign.kind not in TRENDS]
    for sign in signs:
        between = text[number.end : sign.start]
        if 0 <= sign.start - number.end <= _AHEAD and not any(c in ",.;" for c in between):
            return sign
    for sign in signs:
        gap = number.start - sign.end
        is_chinese = text[sign.start] >= _CHINESE and 0 <= gap <= 2
        if is_chinese or (gap >= 0 and text[sign.end : number.start].strip().lower() in _BY):
            return sign
    return None


def _is_end_of_trend(number: SaidNumber, text: str) -> bool:
    """Whether a number is a value that something rose from or to, and no amount of the rise."""
    before = text[max(0, number.start - _WORD_REACH) : number.start].rstrip().lower()
    return before.endswith(_ENDS_OF_CHINESE) or before.rpartition(" ")[2] in _ENDS
