"""Generates spoken answers to a situation: good ones, and every kind of faulty ones."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from ratchet.measures import RequestedReading
from simulator.situations import Situation, distinct_value

_OPENINGS = (
    "{name} {metric} is {value} right now.",
    "{name} {metric} is at {value}.",
    "{name} shows a {metric} of {value}.",
)
_SPOKEN_UNIT = 0.2
_CLOSINGS = ("", "", "", " No action is needed.", " I will keep an eye on it.")
_FILLERS = (
    "Sure, let me check that for you.",
    "Based on the data available to me, here's what I found.",
    "I'd be happy to help you with that.",
    "Well, that is a good question.",
)
_VAGUE = (
    "Everything looks normal at the moment. Nothing special to report.",
    "It seems to be fine, more or less. Values are in the usual range.",
    "The readings are somewhat typical today. You may want to check again later.",
)
_NO_VALUE = (
    "{name} is running and its {metric} was measured. The trend looks stable.",
    "The {metric} of {name} is shown on the dashboard. Please look there.",
    "I have the {metric} of {name} here. It is a bit different from the average.",
)
_MARKDOWN = (
    "**{name}** status:\n- **{metric}**: see `{slug}`\n- details: https://plant.example/{slug}",
    "# {name}\n| {metric} | state |\n|---|---|\n| see [chart](https://plant.example/{slug}) | ok |",
    "**{metric}**: `{value}`\n- source: https://plant.example/{slug}\n- **unit**: {name}",
)
_RAMBLING = (
    "There are many things to say about {name}.",
    "First of all, the system collects data all day long.",
    "The {metric} can change with the season, the shift and the product.",
    "Some operators like to compare it with other machines.",
    "It is also useful to think about maintenance plans.",
    "The last value I can find is {value}.",
    "That may be high or low, which depends on the situation.",
    "If you need more, just ask me again at any time.",
)


@dataclass(frozen=True, slots=True)
class SimulatedAnswer:
    """A spoken text, its kind (`good` or its fault) and its true quality in 0..1."""

    kind: str
    text: str
    quality: float


def good_answer(rng: Random, situation: Situation) -> SimulatedAnswer:
    """The requested value with its unit, then the readings to compare it with."""
    return SimulatedAnswer("good", _state_in_context(rng, situation), 0.92)


def bad_answer(rng: Random, situation: Situation) -> SimulatedAnswer:
    """One faulty answer; the fault is drawn by its frequency in small models."""
    kind = rng.choices(tuple(_FAULTS), [weight for weight, _, _ in _FAULTS.values()])[0]
    _, quality, write = _FAULTS[kind]
    return SimulatedAnswer(kind, write(rng, situation), quality)


def written(value: float, unit: str) -> str:
    """A value as the assistant shows it: `45 kW`, `62%`."""
    return f"{value:g}{'' if unit == '%' else ' '}{unit}"


def capitalized(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[0].upper() + text[1:]


def _state_in_context(rng: Random, situation: Situation) -> str:
    requested, metric = situation.requested, situation.metric
    unit = metric.spoken if rng.random() < _SPOKEN_UNIT else metric.unit
    opening = rng.choice(_OPENINGS).format(
        name=capitalized(requested.equipment),
        metric=requested.metric,
        value=written(requested.value, unit),
    )
    return f"{opening} {_context(rng, situation, unit)}{rng.choice(_CLOSINGS)}"


def _context(rng: Random, situation: Situation, unit: str) -> str:
    """The average or limit to compare the value with, quoted and not computed."""
    average = f"average is {written(situation.average.value, unit)}"
    limit = f"limit is {written(situation.limit.value, unit)}"
    if unit != situation.metric.unit:
        return f"The {average}."
    return rng.choice((f"The {average} and the {limit}.", f"The {average}.", f"The {limit}."))


def _row(reading: RequestedReading) -> str:
    return written(reading.value, reading.unit)


def _invented(rng: Random, situation: Situation) -> str:
    """A good answer in form, with a value that no reading supports."""
    requested = situation.requested
    known = [row.value for row in situation.readings]
    excluded = [
        derived
        for row in known
        for derived in (row, abs(requested.value - row), requested.value + row)
    ]
    value = distinct_value(rng, requested.value, excluded, situation.metric)
    return _state_in_context(rng, replace(situation, requested=replace(requested, value=value)))


def _wrong_reading(rng: Random, situation: Situation) -> str:
    """The value of another unit of the same type, attributed to the requested one."""
    opening = rng.choice(_OPENINGS).format(
        name=capitalized(situation.requested.equipment),
        metric=situation.requested.metric,
        value=_row(situation.elsewhere),
    )
    return f"{opening} {_context(rng, situation, situation.metric.unit)}"


def _filled(templates: tuple[str, ...]) -> Callable[[Random, Situation], str]:
    return lambda rng, situation: _fill(rng.choice(templates), situation)


def _fill(template: str, situation: Situation) -> str:
    text = template.format(
        name=situation.requested.equipment,
        metric=situation.requested.metric,
        value=_row(situation.requested),
        slug=situation.device,
    )
    return capitalized(text)


def _filler(rng: Random, situation: Situation) -> str:
    return f"{rng.choice(_FILLERS)} {_fill(rng.choice(_NO_VALUE), situation)}"


def _rambling(rng: Random, situation: Situation) -> str:
    chosen = sorted(rng.sample(range(len(_RAMBLING)), rng.randint(6, 7)))
    return " ".join(_fill(_RAMBLING[index], situation) for index in chosen)


# kind: (frequency weight, true quality in 0..1, writer)
_FAULTS: dict[str, tuple[float, float, Callable[[Random, Situation], str]]] = {
    "invented": (0.28, 0.12, _invented),
    "wrong_reading": (0.14, 0.12, _wrong_reading),
    "filler": (0.16, 0.25, _filler),
    "markdown": (0.12, 0.2, _filled(_MARKDOWN)),
    "no_value": (0.13, 0.28, _filled(_NO_VALUE)),
    "vague": (0.1, 0.18, _filled(_VAGUE)),
    "rambling": (0.07, 0.3, _rambling),
}
