"""Draws the new values of a prompt: those of its readings, and the limits of its question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from random import Random
from statistics import median
from typing import NamedTuple, Self

from ratchet_text import number_mentions
from ratchet_truth import RequestedReading
from ratchet_truth.vocabulary.metrics import metric_of
from ratchet_truth.vocabulary.units import Unit, unit_at, unit_of
from trainer.domain.counterfactuals.change import MetricChange
from trainer.domain.counterfactuals.equipment import Family
from trainer.domain.counterfactuals.facts import Facts
from trainer.domain.counterfactuals.quantities import factors_of, highest_of
from trainer.domain.counterfactuals.values import Amount, ValueRange, draw_values

_BELOW, _BEYOND = 0.4, 2.0
"""How far the values of another metric may lie outside of its usual range."""


@dataclass(frozen=True)
class ValuesOfPrompt:
    """The new values of the readings, and of the numbers of the question that have their units.

    `kept` are the other numbers of the question.
    """

    readings: Mapping[RequestedReading, Amount]
    limits: Mapping[float, float]
    kept: frozenset[float]

    @classmethod
    def of(cls, facts: Facts) -> Self:
        """The values of a prompt as they are."""
        return cls(
            {row: Amount(row.value, facts.decimals(row)) for row in facts.readings},
            {},
            frozenset(one.value for one in _numbers_of_question(facts)),
        )


class _NumberOfQuestion(NamedTuple):
    value: float
    decimals: int
    unit: Unit | None


def draw_prompt_values(
    rng: Random, facts: Facts, metric: MetricChange | None, families: Sequence[Family]
) -> ValuesOfPrompt | None:
    """New values for a prompt; None if no draw fits.

    Values of one quantity and unit keep their order. `families` are those of the new
    devices.
    """
    groups: dict[tuple[str, str], list[RequestedReading]] = {}
    for row in facts.readings:
        groups.setdefault((metric_of(row.metric).quantity, row.unit), []).append(row)
    asked = {topic.metric.quantity for topic in facts.situation.requested}
    numbers = _numbers_of_question(facts)
    readings: dict[RequestedReading, Amount] = {}
    limits: dict[float, float] = {}
    for (quantity, unit), rows in sorted(groups.items(), key=lambda one: one[0][0] not in asked):
        own = [one for one in numbers if one.unit is not None and one.unit == unit_of(unit)]
        numbers = [one for one in numbers if one not in own]
        fixed = [one.value for one in numbers if one.unit is None] if quantity in asked else []
        old = [Amount(row.value, facts.decimals(row)) for row in rows]
        old += [Amount(one.value, one.decimals) for one in own]
        if metric is not None and metric.quantity == quantity:
            if own or fixed or min(one.value for one in old) <= 0:
                return None
            middle = median(one.value for one in old)
            old = [Amount(one.value, metric.to.decimals) for one in old]
            factors = ValueRange(metric.to.low / middle, metric.to.high / middle)
            bounds = ValueRange(_BELOW * metric.to.low, _BEYOND * metric.to.high)
            bounds = _narrowed(bounds, metric.to.unit, families)
        else:
            lowest, highest = min(old).value, max(old).value
            factors, bounds = factors_of(quantity), _narrowed(ValueRange(-inf, inf), unit, families)
            bounds = ValueRange(min(bounds.low, lowest), max(bounds.high, highest))
        new = draw_values(rng, old, factors, bounds, fixed)
        if new is None:
            return None
        amounts = [Amount(value, one.decimals) for value, one in zip(new, old, strict=True)]
        readings.update(zip(rows, amounts[: len(rows)], strict=True))
        limits |= {one.value: new for one, new in zip(own, new[len(rows) :], strict=True)}
    return ValuesOfPrompt(readings, limits, frozenset(one.value for one in numbers))


def _narrowed(bounds: ValueRange, unit: str, families: Sequence[Family]) -> ValueRange:
    """The bounds within what the unit and the devices allow."""
    limits = [one.limits[unit] for one in families if unit in one.limits]
    lowest, highest = [low for low, _ in limits], [high for _, high in limits]
    return ValueRange(max([bounds.low, *lowest]), min([bounds.high, highest_of(unit), *highest]))


def _numbers_of_question(facts: Facts) -> list[_NumberOfQuestion]:
    text = facts.question.text
    found = []
    for mention in number_mentions(text):
        readings = mention.readings()
        if mention.identity is None and not mention.glued and len(readings[0]) == 1:
            shown = readings[0][0]
            unit, _ = unit_at(text, mention.end)
            found.append(_NumberOfQuestion(shown.value, max(0, shown.decimals), unit))
    return found
