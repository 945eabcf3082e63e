"""Draws new values that keep the order of the old ones."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import exp, log
from random import Random
from typing import NamedTuple

_ATTEMPTS = 60
_SPREAD = 0.06
_APART = 0.025
"""Values that differ by more are told apart by the judgment; new ones differ as clearly."""


class Amount(NamedTuple):
    """A value, and the number of decimals that its new value is shown with."""

    value: float
    decimals: int


class ValueRange(NamedTuple):
    """The lowest and the highest value."""

    low: float
    high: float


def draw_values(
    rng: Random,
    old: Sequence[Amount],
    factors: ValueRange,
    bounds: ValueRange,
    fixed: Sequence[float] = (),
) -> list[float] | None:
    """New values for those of one quantity and unit; None if no draw fits.

    All are multiplied by a factor between `factors`, and each is moved a little. They keep their
    order, also to the `fixed` ones, and their signs, and stay within `bounds`; equal values stay
    equal.
    """
    for _ in range(_ATTEMPTS):
        factor = exp(rng.uniform(log(factors.low), log(factors.high)))
        drawn: dict[float, float] = {}
        for value, decimals in old:
            spread = rng.uniform(1 - _SPREAD, 1 + _SPREAD)
            drawn.setdefault(value, _rounded(rng, value * factor * spread, decimals))
        new = [drawn[one.value] for one in old]
        inside = all(bounds.low <= value <= bounds.high for value in new)
        if inside and all(_keeps_order(*pair) for pair in _pairs(old, new, fixed)):
            return new
    return None


def _rounded(rng: Random, value: float, decimals: int) -> float:
    """The value with these decimals, the last of them not 0, so that it is written in full."""
    rounded = round(value, decimals)
    if decimals and value and f"{rounded:.{decimals}f}"[-1] == "0":
        step = rng.choice((-1, 1)) * rng.randint(1, 4) / 10**decimals
        rounded = round(rounded + step, decimals)
    return rounded


def _pairs(
    old: Sequence[Amount], new: Sequence[float], fixed: Sequence[float]
) -> Iterator[tuple[float, float, float, float]]:
    """Two old values and their new ones, or an old and a new value beside a fixed one and zero."""
    for one, other in combinations(range(len(old)), 2):
        yield old[one].value, old[other].value, new[one], new[other]
    for before, after in zip(old, new, strict=True):
        yield before.value, 0.0, after, 0.0
        for limit in fixed:
            yield before.value, limit, after, limit


def _keeps_order(one: float, other: float, new_one: float, new_other: float) -> bool:
    same_order = _compare(one, other) == _compare(new_one, new_other)
    return same_order and _apart(new_one, new_other) >= min(_APART, _apart(one, other) / 2)


def _compare(one: float, other: float) -> int:
    return (one > other) - (one < other)


def _apart(one: float, other: float) -> float:
    """The difference as a share of the larger value."""
    return abs(one - other) / max(abs(one), abs(other), 1e-12)
