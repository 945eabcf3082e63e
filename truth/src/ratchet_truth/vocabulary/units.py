"""Units of measure: which unit follows a number, and how values convert."""

import re
import tomllib
from collections import defaultdict
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple
from unicodedata import normalize

from ratchet_text import is_unit, unit_kind

_GAP = re.compile(r"[\s*_`\u200e\u200f-]*+")
_LONGEST = 40
_PLURAL_FROM = 3
_IN_LOWER_CASE = ("kW", "MW", "Hz", "kV", "VA")
"""Symbols that are often typed without capitals."""


class Unit(NamedTuple):
    """A unit; `value * factor + offset` is a value in the first unit of its dimension.

    `any`: it does not tell the unit of its dimension ("degrees"). A unit without a factor is one
    whose kind alone is known.
    """

    name: str
    dimension: str
    factor: float = 0.0
    offset: float = 0.0
    any: bool = False


def unit_at(text: str, start: int) -> tuple[Unit | None, int]:
    """The unit of a number that ends at `start`, and where the unit ends; (None, start) without."""
    gap = _GAP.match(text, start)
    first = gap.end() if gap else start
    ahead = normalize("NFC", text[first : first + _LONGEST])
    if not ahead or (first > start and "\n" in text[start:first]):
        return None, start
    exact, lowered = _forms()
    found = max(_longest(exact, ahead), _longest(lowered, ahead.lower()), key=lambda one: one[1])
    return (found[0], first + found[1]) if found[0] else (None, start)


def _longest(table: "_Table", text: str) -> tuple[Unit | None, int]:
    """The longest form at the start of a text, and its length."""
    for length in table.lengths.get(text[0], ()):
        unit = table.units.get(text[:length])
        if unit is not None and length <= len(text) and _ends(text, length):
            return unit, length
    return None, 0


@lru_cache(1_024)
def unit_of(name: str) -> Unit | None:
    """The unit with this name; None without a name, or if it is no unit that is known."""
    unit, end = unit_at(f" {name.strip()}", 0)
    if unit is not None and end == len(name.strip()) + 1:
        return unit
    return kind_of(name)


def kind_of(name: str) -> Unit | None:
    """A unit of which the kind alone is known, as in languages without a table."""
    return Unit(name, unit_kind(name) or "") if name and is_unit(name) else None


def comparable(one: Unit, other: Unit) -> bool:
    """Whether values in these units can be compared."""
    if one.factor and other.factor:
        return one.dimension == other.dimension
    return unit_kind(one.name) is not None and unit_kind(one.name) == unit_kind(other.name)


def converted(value: float, unit: Unit, to: Unit) -> float:
    """The value in another unit; as it is where one of them is not exact."""
    if unit.any or to.any or unit.name == to.name or not (unit.factor and to.factor):
        return value
    return (value * unit.factor + unit.offset - to.offset) / to.factor


def scale(unit: Unit, to: Unit) -> float:
    """The factor by which a difference in one unit converts to another."""
    if unit.any or to.any or not (unit.factor and to.factor):
        return 1.0
    return unit.factor / to.factor


class _Table(NamedTuple):
    units: dict[str, Unit]
    lengths: dict[str, list[int]]


@cache
def _forms() -> tuple[_Table, _Table]:
    """The units by their forms as written, and by their forms in lower case."""
    path = files("ratchet_truth") / "data/units.toml"
    exact: dict[str, Unit] = {}
    lowered: dict[str, Unit] = {}
    for dimension, units in tomllib.loads(path.read_text("utf-8")).items():
        for name, entry in units.items():
            unit = Unit(
                name, dimension, entry["factor"], entry.get("offset", 0.0), entry.get("any", False)
            )
            for form in (normalize("NFC", form) for form in (name, *entry["forms"])):
                exact.setdefault(form, unit)
                if len(form) >= _PLURAL_FROM or form in _IN_LOWER_CASE:
                    lowered.setdefault(form.lower(), unit)
                    if form[-1].isascii() and form[-1].isalpha():
                        lowered.setdefault(f"{form.lower()}s", unit)
    return _table(exact), _table(lowered)


def _table(units: dict[str, Unit]) -> _Table:
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for form in units:
        lengths[form[0]].add(len(form))
    return _Table(units, {first: sorted(some, reverse=True) for first, some in lengths.items()})


def _ends(text: str, length: int) -> bool:
    """Whether a unit may end there: not inside a word or a number."""
    last, following = text[length - 1], text[length : length + 1]
    if not following or "\u2e80" <= last <= "\u9fff":
        return True
    if not (last.isalnum() or "\u0900" <= last <= "\u097f"):
        return not following.isdigit()
    return not (following.isalnum() or "\u0900" <= following <= "\u0963") or following >= "\u2e80"
