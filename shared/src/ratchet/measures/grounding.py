"""Checks that a spoken answer states the requested reading and invents no number.

A number counts as *shown* from an exact value when it differs by no more than half a unit of
its last shown digit and by no more than 1 % of the value: "45" shows 45.3, "7" does not show
7.4. Every number of an answer must then be one of these, or it is invented:

* a number of the prompt (a zero-padded one, such as "001", only within the same equipment id);
* the sum or difference of the requested reading and another reading of the same equipment and
  unit; the requested reading as percent of the other, or percent over or under it; their ratio.

Derived numbers may be rounded by up to 10 % of their value (5.3 kW below may be given as "5 kW").
A percent relation needs a percent sign or word, a ratio needs "times" or "x", and a sum or
difference must not carry a foreign unit. Only pairs with the requested reading count, because
every further pair would make a few more random numbers look derived. A reading of the prompt
belongs to the equipment named last before it.

Where a notation has several readings ("1,234" is 1234 or 1.234, "- 5" is -5 or 5), the one that is
supported counts; if none is, the number is invented. The numbers of prompts are read in the same
way, so a number that is copied is always known. A designation ("DN 50", "R134a") is no number, but
where the prompt has its letters with another number it is invented.

Not detected: numbers in words of other languages than English, German, Chinese and Japanese, a true
number with a wrong unit, a true comparison with the wrong direction, and which equipment the answer
attaches the requested value to.
"""

import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ratchet_text import (
    NumberMention,
    Reading,
    is_percent,
    is_times,
    is_unit,
    number_mentions,
    unit_kind,
)

_READING_SLACK = 0.01
_DERIVED_SLACK = 0.10
_ROUNDING = 1e-9
_MOST_DECIMALS = 300
_UNIT_REACH = 60
_JSON_UNIT = " \t\n\",:'"


@dataclass(frozen=True, slots=True)
class RequestedReading:
    """One measured value of one piece of equipment, such as 45.0 kW of power."""

    equipment: str
    metric: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Grounding:
    """The result of the check; `invented` lists the numbers in the order of the answer."""

    stated: bool
    invented: tuple[float, ...]

    @property
    def ok(self) -> bool:
        """Whether the requested value is stated and nothing is invented."""
        return self.stated and not self.invented


@dataclass(frozen=True, slots=True)
class _Derived:
    percents: Sequence[float]
    ratios: Sequence[float]
    amounts: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Supported:
    """What a prompt and a requested reading support; `known` is sorted."""

    requested: RequestedReading
    identities: frozenset[tuple[str, str]]
    known: Sequence[float]
    derived: _Derived


def grounded(answer: str, prompt: str, requested: RequestedReading) -> Grounding:
    """Check the numbers of `answer` against those of `prompt` (any text with the readings)."""
    mentions = number_mentions(prompt)
    supported = _Supported(
        requested=requested,
        identities=frozenset(mention.identity for mention in mentions if mention.identity),
        known=sorted(
            value
            for mention in mentions
            for reading in _quantities(mention)
            for value, _ in reading
        ),
        derived=_derive(requested, _comparable(prompt, mentions, requested)),
    )
    stated = False
    invented: list[float] = []
    for mention in number_mentions(answer):
        if mention.identity is not None:
            if not _is_known(mention, mention.identity, supported.identities):
                invented.extend(value for value, _ in mention.readings()[0])
            continue
        verdicts = [_verdict(mention, reading, supported) for reading in _quantities(mention)]
        possible = [verdict for verdict in verdicts if not verdict.invented] or verdicts[:1]
        stated = stated or any(verdict.stated for verdict in possible)
        invented.extend(value for verdict in possible for value in verdict.invented)
    return Grounding(stated, tuple(invented))


def _is_known(
    mention: NumberMention, identity: tuple[str, str], identities: frozenset[tuple[str, str]]
) -> bool:
    """Whether the prompt names it, or it is a designation whose letters the prompt has nowhere."""
    if identity in identities:
        return True
    return mention.glued and all(identity[0] != key for key, _ in identities)


def _verdict(mention: NumberMention, reading: Reading, supported: _Supported) -> Grounding:
    stated = False
    invented: list[float] = []
    requested = supported.requested
    for value, decimals in reading:
        if _shows(value, decimals, (requested.value,), _READING_SLACK):
            stated = True
        elif not _shows(value, decimals, supported.known, _READING_SLACK) and not _is_derived(
            mention, value, decimals, requested.unit, supported.derived
        ):
            invented.append(value)
    return Grounding(stated, tuple(invented))


def _quantities(mention: NumberMention) -> tuple[Reading, ...]:
    return () if mention.glued or mention.identity is not None else mention.readings()


def _shows(value: float, decimals: int, exact: Sequence[float], slack: float) -> bool:
    """Whether the nearest of the sorted exact values may be written as `value`."""
    after = bisect_left(exact, value)
    half_digit = 0.5 * 10.0 ** -max(-_MOST_DECIMALS, min(decimals, _MOST_DECIMALS))
    return any(
        abs(value - near) <= min(half_digit, slack * abs(near)) + _ROUNDING * abs(near)
        for near in exact[max(0, after - 1) : after + 1]
    )


def _comparable(
    prompt: str, mentions: list[NumberMention], requested: RequestedReading
) -> list[float]:
    """The values of the requested equipment in the requested unit."""
    owner = next((m.identity for m in number_mentions(requested.equipment) if m.identity), None)
    if owner is None:
        return []
    values: list[float] = []
    current = None
    for mention in mentions:
        if mention.identity is not None and not mention.glued:
            current = mention.identity
        elif current == owner and not mention.glued and _carries(prompt, mention, requested.unit):
            values.extend(value for value, _ in mention.readings()[0])
    return values


def _carries(prompt: str, mention: NumberMention, unit: str) -> bool:
    """Whether the unit follows the number, as in `45.0 kW` or `"value": 45.0, "unit": "kW"`."""
    rest = prompt[mention.end : mention.end + _UNIT_REACH].lstrip(_JSON_UNIT)
    rest = rest.removeprefix("unit").lstrip(_JSON_UNIT + "=")
    return any(
        rest.startswith(form) and not rest[len(form) : len(form) + 1].isalnum()
        for form in {unit, json.dumps(unit)[1:-1]}
        if form
    )


def _derive(requested: RequestedReading, values: Iterable[float]) -> _Derived:
    others = {value for value in values if abs(value - requested.value) > 1e-9}
    amounts = [abs(requested.value - other) for other in others]
    amounts += [requested.value + other for other in others]
    ratios = [requested.value / other for other in others if other]
    percents = [100 * abs(ratio) for ratio in ratios] + [100 * abs(ratio - 1) for ratio in ratios]
    return _Derived(sorted(percents), sorted(ratios), sorted(amounts))


def _is_derived(
    mention: NumberMention, value: float, decimals: int, unit: str, derived: _Derived
) -> bool:
    follower = mention.follower
    if is_times(follower):
        return _shows(value, decimals, derived.ratios, _DERIVED_SLACK)
    if is_percent(follower):
        if _shows(value, decimals, derived.percents, _DERIVED_SLACK):
            return True
        return is_percent(unit) and _shows(value, decimals, derived.amounts, _DERIVED_SLACK)
    if is_unit(follower) and unit_kind(follower) != unit_kind(unit):
        return False
    return _shows(value, decimals, derived.amounts, _DERIVED_SLACK)
