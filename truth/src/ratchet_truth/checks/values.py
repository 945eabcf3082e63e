"""Which values a number of an answer shows: a reading, a difference, a share or a ratio.

A number shows an exact value when it differs by no more than half a unit of its last shown digit
and by no more than 1 % of the value: "45" shows 45.3, "7" does not show 7.4. After a word such as
"about" 2.5 % are allowed. Derived values may be rounded by 10 %: 5.3 kW below may be given as "5".
"""

from ratchet_truth.answer.quantities import SaidNumber
from ratchet_truth.situation import Row
from ratchet_truth.vocabulary.units import Unit, comparable, converted, scale

_READING_SLACK = 0.01
_ROUNDED_SLACK = 0.025
_DERIVED_SLACK = 0.10
_ROUNDING = 1e-9
_MOST_DECIMALS = 300


def shows(number: SaidNumber, row: Row) -> bool:
    """Whether a number gives a reading, in its unit or one that converts to it."""
    exact = _in_said_unit(number.unit, row)
    slack = _ROUNDED_SLACK if number.rounded else _READING_SLACK
    return exact is not None and _is_near(number, exact, slack)


def shows_with_other_unit(number: SaidNumber, row: Row) -> bool:
    """Whether the digits are those of a reading, and the unit is another."""
    return _is_near(number, row.value, _READING_SLACK) and not shows(number, row)


def shows_value(number: SaidNumber, value: float) -> bool:
    """Whether a number gives this value, whatever its unit."""
    return _is_near(number, value, _READING_SLACK)


def shows_difference(number: SaidNumber, row: Row, other: Row) -> bool:
    """Whether it is the difference of two readings, in their unit or percent of the other."""
    if number.unit is not None and number.unit.dimension == "share":
        relative = other.value != 0 and _is_near(
            number, 100 * abs(row.value / other.value - 1), _DERIVED_SLACK
        )
        if relative or row.unit is None or row.unit.dimension != "share":
            return relative
    difference = _amount(number.unit, row, abs(row.value - other.value))
    return difference is not None and _is_near(number, difference, _DERIVED_SLACK)


def shows_share(number: SaidNumber, row: Row, other: Row) -> bool:
    """Whether it is one reading in percent of the other."""
    is_share = number.unit is not None and number.unit.dimension == "share"
    return (
        is_share
        and other.value != 0
        and _is_near(number, 100 * row.value / other.value, _DERIVED_SLACK)
    )


def shows_ratio(number: SaidNumber, row: Row, other: Row) -> bool:
    """Whether it is how many times the other one reading is."""
    return other.value != 0 and _is_near(number, row.value / other.value, _DERIVED_SLACK)


def shows_sum(number: SaidNumber, rows: list[Row]) -> bool:
    """Whether it is the sum of readings in one unit."""
    total = _amount(number.unit, rows[0], sum(row.value for row in rows))
    return total is not None and _is_near(number, total, _DERIVED_SLACK)


def _in_said_unit(said: Unit | None, row: Row) -> float | None:
    """A reading's value in the unit of an answer; None if it has no value in it."""
    if said is None:
        return row.value
    if row.unit is None:
        return row.value if row.source.unit == said.name else None
    return converted(row.value, row.unit, said) if comparable(row.unit, said) else None


def _amount(said: Unit | None, row: Row, amount: float) -> float | None:
    if said is None or row.unit is None:
        return amount
    return amount * scale(row.unit, said) if comparable(row.unit, said) else None


def _is_near(number: SaidNumber, exact: float, slack: float) -> bool:
    return any(
        abs(value - exact)
        <= min(
            0.5 * 10.0 ** -max(-_MOST_DECIMALS, min(decimals, _MOST_DECIMALS)), slack * abs(exact)
        )
        + _ROUNDING * abs(exact)
        for value, decimals in number.values
    )
