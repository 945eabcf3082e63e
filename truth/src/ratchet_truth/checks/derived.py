"""Whether a number that states no reading follows from the readings, as its clause says."""

from collections.abc import Callable, Sequence
from enum import Enum

from ratchet_text import equipment_words
from ratchet_truth.answer.clauses import Clause, Mark
from ratchet_truth.answer.quantities import SaidNumber
from ratchet_truth.checks.comparison import TRENDS, holds, references, subject_row
from ratchet_truth.checks.context import Context
from ratchet_truth.checks.values import (
    shows,
    shows_difference,
    shows_ratio,
    shows_share,
    shows_sum,
    shows_value,
)
from ratchet_truth.situation import Row
from ratchet_truth.vocabulary.tokens import tokens_in

_RATIOS = ("times", "mal", "x ", "veces", "गुना", "倍", "fach", "×")
_RATIO_REACH = 7
_WORD_REACH = 24


class Support(Enum):
    """Whether the readings support a number.

    `TURNED`: they do in the other direction or with another reference. `EARLIER`: it is the earlier
    value of a rise or fall, and no amount of it.
    """

    HOLDS = "holds"
    EARLIER = "earlier"
    TURNED = "turned"
    NONE = "none"


def support_of(
    number: SaidNumber,
    clause: Clause,
    sentence: Sequence[Clause],
    sign: Mark | None,
    context: Context,
) -> Support:
    """Whether a number is a difference, share, ratio or sum of readings, or known otherwise."""
    subject = subject_row(clause, sign, context)
    if subject is not None:
        devices = {one.device for other in sentence for one in other.devices}
        alike = [
            row
            for row in context.situation.rows
            if row.metric.quantity == subject.metric.quantity
            and row != subject
            and (row.device == subject.device or row.device in devices)
        ]
        named = references(clause, sign, subject, context)
        found = _relation(number, clause, sign, subject, named, alike, context.text)
        if found is not Support.NONE:
            return found
    totals = any(one.flags.get("total") for one in sentence)
    if totals and _is_total(number, context):
        return Support.HOLDS
    return _known(number, clause, subject, context)


def _relation(
    number: SaidNumber,
    clause: Clause,
    sign: Mark | None,
    subject: Row,
    named: Sequence[Row],
    alike: Sequence[Row],
    text: str,
) -> Support:
    """A difference, share or ratio of a reading and those that the clause names."""
    after = text[number.end : number.end + _RATIO_REACH].lstrip(" -").lower()
    if after.startswith(_RATIOS):
        return _among(lambda row: shows_ratio(number, subject, row), named, alike)
    if any(one.kind in TRENDS for one in clause.signs) and any(
        shows(number, row)
        for row in alike
        if row.device == subject.device and row.metric.references == {"earlier"}
    ):
        return Support.EARLIER
    if sign is not None:
        supported = [row for row in named or alike if shows_difference(number, subject, row)]
        if any(holds(sign, clause.negated, subject, row) for row in supported):
            return Support.HOLDS
        turned = any(shows_difference(number, subject, row) for row in alike)
        return Support.TURNED if supported or turned else Support.NONE
    if clause.flags.get("difference"):
        return _among(lambda row: shows_difference(number, subject, row), named, alike)
    if named:
        return _among(lambda row: shows_share(number, subject, row), named, alike)
    return Support.NONE


def _among(supports: Callable[[Row], bool], named: Sequence[Row], alike: Sequence[Row]) -> Support:
    if any(map(supports, named or alike)):
        return Support.HOLDS
    return Support.TURNED if any(map(supports, alike)) else Support.NONE


def _is_total(number: SaidNumber, context: Context) -> bool:
    plain = [
        row
        for row in context.situation.rows
        if row.metric.quantity == context.quantity and row.metric.plain
    ]
    return len(plain) > 1 and shows_sum(number, plain)


def _known(number: SaidNumber, clause: Clause, subject: Row | None, context: Context) -> Support:
    """Whether the question has the number and a direction to it holds, or it counts the devices."""
    situation = context.situation
    known = [value for value in situation.numbers_of_question if shows_value(number, value)]
    if known and subject is not None:
        limit = subject._replace(value=known[0])
        if not all(holds(sign, clause.negated, subject, limit) for sign in clause.signs):
            return Support.TURNED
    counted = number.unit is None and any(
        value == len(situation.devices) and decimals <= 0 for value, decimals in number.values
    )
    following = tokens_in(context.text[number.end : number.end + _WORD_REACH])[:1]
    counted = counted and bool(equipment_words(token.text for token in following))
    return Support.HOLDS if known or counted else Support.NONE
