"""Answers in a good form with a false fact: a value, a name, a unit, a direction, an absence."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from ratchet_truth import RequestedReading
from simulator.answers.shapes import OPPOSITES, conditions_of, state, state_absent
from simulator.plant.areas import METRICS
from simulator.plant.readings import decimals_of, distinct_value
from simulator.situations import Situation

_DIGITS = "0123456789"
_WRONG_UNITS = {
    "kW": ("kWh", "MW", "A"), "kWh": ("kW", "MWh", "V"), "bar": ("psi", "mbar", "°C"),
    "°C": ("°F", "bar", "%"), "mm/s": ("m/s", "cm/s", "Hz"), "m3/h": ("l/min", "m3/min", "kg/h"),
    "rpm": ("Hz", "m/s", "bar"), "A": ("mA", "kA", "V"), "V": ("kV", "mV", "A"),
    "%": ("°C", "bar", "kW"),
}  # fmt: skip


def _with_value(situation: Situation, value: float, unit: str = "") -> Situation:
    """The situation as if the asked reading were listed with this value."""
    equipment, metric = situation.asked
    asked = RequestedReading(equipment, metric, value, unit or situation.rows.elsewhere.unit)
    return replace(situation, rows=replace(situation.rows, requested=asked))


def _invented(rng: Random, situation: Situation) -> str:
    """A value that no reading supports."""
    requested, elsewhere = situation.requested, situation.rows.elsewhere
    around = requested.value if requested is not None else elsewhere.value
    known = [row.value for row in situation.readings]
    taken = [one for row in known for one in (row, abs(around - row), around + row)]
    value = distinct_value(rng, around, taken, situation.metric, decimals_of(elsewhere.value))
    return state(rng, _with_value(situation, value))


def _wrong_reading(rng: Random, situation: Situation) -> str:
    """The value of another unit of the same kind."""
    return state(rng, _with_value(situation, situation.rows.elsewhere.value))


def _average_as_value(rng: Random, situation: Situation) -> str | None:
    average = situation.rows.average
    if average is None:
        return None
    given = _with_value(situation, average.value)
    return state(rng, replace(given, rows=replace(given.rows, average=None)))


def _one_digit(rng: Random, situation: Situation) -> str | None:
    """The value with one of its digits changed."""
    requested = situation.requested
    if requested is None:
        return None
    written_value = f"{requested.value:.10g}"
    places = [at for at, char in enumerate(written_value) if char in _DIGITS]
    others = [row.value for row in situation.readings if row.value != requested.value]
    while True:
        at = rng.choice(places)
        digit = rng.choice(_DIGITS[1:].replace(written_value[at], ""))
        value = float(written_value[:at] + digit + written_value[at + 1 :])
        if all(abs(value - other) > 0.02 * abs(other) for other in others):
            return state(rng, _with_value(situation, value))


def _wrong_device(rng: Random, situation: Situation) -> str | None:
    """The right value under another device's name."""
    if situation.requested is None:
        return None
    there = replace(situation, here=situation.there)
    return state(rng, replace(there, rows=replace(there.rows, earlier=None)))


def _wrong_direction(rng: Random, situation: Situation) -> str | None:
    """The right value, called above what it is below, or rising where it fell."""
    if situation.requested is None:
        return None
    turned = [OPPOSITES[one] for one in conditions_of(situation) if one in OPPOSITES]
    return state(rng, situation, turned)


def _wrong_unit(rng: Random, situation: Situation) -> str | None:
    """The right digits with another unit."""
    requested = situation.requested
    if requested is None:
        return None
    unit = rng.choice(_WRONG_UNITS[situation.metric.unit])
    return state(rng, _with_value(situation, requested.value, unit))


def _other_metric(rng: Random, situation: Situation) -> str | None:
    """Where the asked reading is absent, one of the device with another metric instead."""
    known = situation.rows.known
    if situation.requested is not None or known is None:
        return None
    metric = METRICS[situation.rows.known_metric]
    given = replace(situation, metric=metric, rows=replace(situation.rows, requested=known))
    return state(rng, given, [])


def _refused(rng: Random, situation: Situation) -> str | None:
    """The asked reading is called absent although it is listed."""
    return None if situation.requested is None else state_absent(rng, situation)


FALSE: dict[str, tuple[float, Callable[[Random, Situation], str | None]]] = {
    "invented": (0.12, _invented),
    "one_digit": (0.08, _one_digit),
    "wrong_reading": (0.09, _wrong_reading),
    "average_as_value": (0.07, _average_as_value),
    "wrong_device": (0.05, _wrong_device),
    "wrong_direction": (0.04, _wrong_direction),
    "wrong_unit": (0.03, _wrong_unit),
    "other_metric": (0.08, _other_metric),
    "refused": (0.03, _refused),
}
"""Each kind with its frequency weight and its writer, which gives None where it is impossible."""
