"""What is wrong with a number that nothing supports."""

from collections.abc import Sequence

from ratchet_truth.answer.clauses import Clause
from ratchet_truth.answer.quantities import SaidNumber
from ratchet_truth.checks.attachment import unit_fits
from ratchet_truth.checks.context import Context
from ratchet_truth.checks.values import shows, shows_value, shows_with_other_unit
from ratchet_truth.judgment import Fault, Verdict
from ratchet_truth.situation import Row
from ratchet_truth.vocabulary.devices import STRANGER
from ratchet_truth.vocabulary.metrics import MetricMeaning


def fault_of(
    number: SaidNumber,
    device: int,
    said: Sequence[MetricMeaning | None],
    expected: Sequence[Row],
    clause: Clause,
    context: Context,
) -> Fault:
    """The fault of a number that is none of the `expected` readings of its device."""
    quote = context.text[number.start : number.end]
    rows, stated = context.situation.rows, context.stated
    requested = [one for one in context.situation.requested if one.device == device]
    targets = [*expected, *(one.row for one in requested if one.row is not None)]
    shown = [row for row in rows if shows(number, row)]
    target = targets[0].described() if targets else ""
    stranger = next((one.said for one in clause.devices if one.device == STRANGER), "")
    if device == STRANGER and stranger:
        return Fault(Verdict.WRONG_DEVICE, stranger)
    if number.unit is not None and number.unit.dimension == "time" and not shown:
        return Fault(Verdict.INVENTED, quote)
    if any(one.row is None and is_about(said, one.metric) for one in requested):
        return Fault(Verdict.STATED_ABSENT, quote)
    if number.unit is not None and any(shows_with_other_unit(number, row) for row in targets):
        return Fault(Verdict.WRONG_UNIT, quote, target)
    if any(row.device != device and row in context.asked_rows() for row in shown):
        return Fault(Verdict.WRONG_DEVICE, quote, target)
    if expected and not expected[0].source.unit:
        return Fault(Verdict.WRONG_VALUE, quote, target)
    if any(row.device == device and shows_value(number, row.value) for row in rows):
        return Fault(Verdict.WRONG_METRIC, quote, target)
    if shown and (number.unit is not None or not stated):
        return Fault(Verdict.WRONG_DEVICE, quote, target)
    if number.unit is None and _is_tag(number, context):
        return Fault(Verdict.WRONG_DEVICE, context.text[clause.start : clause.end].strip())
    if expected and not (number.unit is None and expected[0] in stated):
        return Fault(Verdict.WRONG_VALUE, quote, target)
    if targets and not any(said) and unit_fits(number, targets[0]) and targets[0] not in stated:
        return Fault(Verdict.WRONG_VALUE, quote, target)
    return Fault(Verdict.INVENTED, quote)


def is_about(said: Sequence[MetricMeaning | None], topic: MetricMeaning) -> bool:
    """Whether named metrics, or none, mean the metric of a topic."""
    named = [one for one in said if one is not None and one.quantity]
    return not named or any(one.quantity == topic.quantity for one in named)


def _is_tag(number: SaidNumber, context: Context) -> bool:
    """Whether a number without a unit is the number of a device, after a word."""
    written = context.text[number.start : number.end].lstrip("0")
    before = context.text[: number.start].rstrip(" -_")
    return before[-1:].isalpha() and any(one.tag == written for one in context.situation.devices)
