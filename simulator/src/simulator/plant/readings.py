"""Draws the readings of a situation around the one that is asked for."""

from dataclasses import dataclass
from random import Random

from ratchet_truth import RequestedReading
from simulator.plant.areas import METRICS, Metric, Ranges
from simulator.plant.sites import Names
from simulator.wording import LanguageTables

HERE, THERE = 0, 1
"""The asked device and another one of its kind."""
_OVER_LIMIT = 0.15
_EARLIER = 0.35
_KEPT = 0.5
_MOST_DECIMALS = 2
_WHOLE_FROM = 20
_MOST_PERCENT = 98


@dataclass(frozen=True, slots=True)
class DrawnReadings:
    """The rows by their part, and all of them in the order in which they are listed.

    Without the asked reading, `requested` is None and average and limit may be. `known` is a
    reading of the asked device with another metric, which is `known_metric`.
    """

    requested: RequestedReading | None
    average: RequestedReading | None
    limit: RequestedReading | None
    earlier: RequestedReading | None
    elsewhere: RequestedReading
    known: RequestedReading | None
    known_metric: str
    listed: tuple[RequestedReading, ...]


def draw_readings(
    rng: Random,
    tables: LanguageTables,
    names: Names,
    ranges: Ranges,
    metric: Metric,
    *,
    absent: bool,
) -> DrawnReadings:
    """Draw the readings; with `absent` the asked one is left out."""
    scale = _Scale(rng, metric, ranges)
    here, word = names.of(HERE, metric.name).text, tables.metrics[metric.name]

    def row(name: str, value: float, equipment: str = here) -> RequestedReading:
        return RequestedReading(equipment, name, value, scale.unit)

    over_limit = rng.random() < _OVER_LIMIT
    requested = row(word, scale.draw(rng))
    average = row(
        tables.derived_name("average", metric.name), scale.average(rng, requested.value, over_limit)
    )
    limit = row(
        tables.derived_name("limit", metric.name),
        scale.limit(rng, requested.value, average.value, over_limit),
    )
    earlier = row(tables.derived_name("earlier", metric.name), scale.earlier(rng, requested.value))
    own = [requested, average, limit, earlier]
    elsewhere = row(
        word,
        distinct_value(rng, requested.value, [one.value for one in own], metric, scale.decimals),
        names.of(THERE, metric.name).text,
    )
    others = _other_rows(rng, tables, names, ranges, metric)
    known = rng.choice([one for one in others if others[one][0] == HERE]) if absent else None
    distractors = rng.sample(sorted(others, key=str), rng.randint(0, min(2, len(others))))
    has_average, has_limit = (not absent or rng.random() < _KEPT for _ in range(2))
    has_earlier = not absent and rng.random() < _EARLIER
    listed = [
        *([] if absent else [requested]),
        *([average] if has_average else []),
        *([limit] if has_limit else []),
        *([earlier] if has_earlier else []),
        elsewhere,
        *dict.fromkeys([*([known] if known else []), *distractors]),
    ]
    rng.shuffle(listed)
    return DrawnReadings(
        None if absent else requested,
        average if has_average else None,
        limit if has_limit else None,
        earlier if has_earlier else None,
        elsewhere,
        known,
        others[known][1] if known else "",
        tuple(listed),
    )


def distinct_value(
    rng: Random, around: float, taken: list[float], metric: Metric, decimals: int | None = None
) -> float:
    """A plausible value near `around` that differs clearly from all of `taken`."""
    digits = metric.decimals if decimals is None else decimals
    highest = 1.5 if metric.unit == "%" else 1.8
    while True:
        value = round(around * rng.uniform(0.5, highest), digits)
        if all(abs(value - other) > 0.02 * abs(around) for other in taken):
            return value
        highest += 0.02


def decimals_of(value: float) -> int:
    """The decimals that a value is written with."""
    return len(f"{value:.10g}".partition(".")[2])


class _Scale:
    """The unit and decimals of a situation's readings of one metric, and its plausible values."""

    def __init__(self, rng: Random, metric: Metric, ranges: Ranges) -> None:
        self._range = ranges[metric.name]
        self._is_share = metric.unit == "%"
        steps = (-1, 0, 0, 1) if self._range[0] >= _WHOLE_FROM else (0, 0, 1)
        self.unit = rng.choice(metric.units)
        self.decimals = min(_MOST_DECIMALS, max(0, metric.decimals + rng.choice(steps)))

    def draw(self, rng: Random) -> float:
        return round(rng.uniform(*self._range), self.decimals)

    def average(self, rng: Random, value: float, over_limit: bool) -> float:
        below = rng.uniform(0.72, 0.84) if over_limit else rng.uniform(0.76, 0.92)
        factor = below if over_limit or rng.random() < 0.5 else rng.uniform(1.08, 1.26)
        return round(value * factor, self.decimals)

    def limit(self, rng: Random, value: float, average: float, over_limit: bool) -> float:
        """Above the value and the average, or between them where the value is beyond its limit."""
        if over_limit:
            return round(value * rng.uniform(0.88, 0.94), self.decimals)
        highest = max(value, average)
        factor = rng.uniform(1.06, 1.15) if self._is_share else rng.uniform(1.1, 1.4)
        return round(min(highest * factor, _MOST_PERCENT if self._is_share else highest * 2),
                     self.decimals)  # fmt: skip

    def earlier(self, rng: Random, value: float) -> float:
        factor = rng.choice((rng.uniform(0.93, 0.97), rng.uniform(1.03, 1.06)))
        return round(value * factor, self.decimals)


def _other_rows(
    rng: Random, tables: LanguageTables, names: Names, ranges: Ranges, metric: Metric
) -> dict[RequestedReading, tuple[int, str]]:
    """Readings of both devices in other units, each with its device and metric."""
    return {
        RequestedReading(
            names.of(device, name).text,
            tables.metrics[name],
            round(rng.uniform(*ranges[name]), METRICS[name].decimals),
            rng.choice(METRICS[name].units),
        ): (device, name)
        for name in sorted(ranges)
        if METRICS[name].unit != metric.unit
        for device in (HERE, THERE)
    }
