"""Generates situations: a question and the fixed readings that answer it."""

from dataclasses import dataclass
from random import Random

from ratchet.measures import RequestedReading
from simulator.plant import AREAS, METRICS, Area, Metric, Ranges

_UNITS_PER_TYPE = 24


@dataclass(frozen=True, slots=True)
class Situation:
    """The context of every answer to one question.

    `requested`, `average` and `limit` are rows of `readings`; `elsewhere` is the same metric of
    another unit of the same type.
    """

    area: str
    transcript: str
    metric: Metric
    requested: RequestedReading
    average: RequestedReading
    limit: RequestedReading
    elsewhere: RequestedReading
    readings: tuple[RequestedReading, ...]

    @property
    def device(self) -> str:
        """The requested equipment as a device slug, such as `pump-001`."""
        return self.requested.equipment.replace(" ", "-")


def draw_situation(rng: Random) -> Situation:
    """Draw an area, one of its devices and metrics, and four to six readings around it."""
    area = rng.choice(AREAS)
    kind, ranges = rng.choice(tuple(area.equipment.items()))
    metric = METRICS[rng.choice(sorted(ranges))]
    here, there = (
        f"{kind} {number:03d}" for number in rng.sample(range(1, _UNITS_PER_TYPE + 1), 2)
    )
    requested = RequestedReading(here, metric.name, _draw(rng, ranges, metric), metric.unit)
    average = _average(rng, requested, metric)
    limit = _limit(rng, requested, average, metric)
    elsewhere = _elsewhere(rng, there, requested, (average, limit), metric)
    distractors = _distractors(rng, ranges, metric, here, there)
    readings = [requested, average, limit, elsewhere, *distractors]
    rng.shuffle(readings)
    return Situation(
        area.name,
        _transcript(rng, area, metric, here),
        metric,
        requested,
        average,
        limit,
        elsewhere,
        tuple(readings),
    )


def _transcript(rng: Random, area: Area, metric: Metric, equipment: str) -> str:
    text = rng.choice(area.phrasings).format(metric=metric.name, equipment=equipment)
    return text[0].upper() + text[1:]


def _draw(rng: Random, ranges: Ranges, metric: Metric) -> float:
    return round(rng.uniform(*ranges[metric.name]), metric.decimals)


def _average(rng: Random, requested: RequestedReading, metric: Metric) -> RequestedReading:
    factor = rng.choice((rng.uniform(0.76, 0.92), rng.uniform(1.08, 1.26)))
    value = round(requested.value * factor, metric.decimals)
    return RequestedReading(requested.equipment, f"average {metric.name}", value, metric.unit)


def _limit(
    rng: Random, requested: RequestedReading, average: RequestedReading, metric: Metric
) -> RequestedReading:
    """Mostly above the requested value; below it in about every seventh situation."""
    factor = rng.uniform(0.86, 0.93) if rng.random() < 0.15 else rng.uniform(1.1, 1.5)
    value = round(requested.value * factor, metric.decimals)
    if abs(value - average.value) <= 0.02 * requested.value:
        value = round(value + 0.05 * requested.value, metric.decimals)
    return RequestedReading(requested.equipment, f"{metric.name} limit", value, metric.unit)


def _elsewhere(
    rng: Random,
    equipment: str,
    requested: RequestedReading,
    others: tuple[RequestedReading, ...],
    metric: Metric,
) -> RequestedReading:
    value = distinct_value(
        rng, requested.value, [requested.value, *(row.value for row in others)], metric
    )
    return RequestedReading(equipment, metric.name, value, metric.unit)


def distinct_value(rng: Random, around: float, taken: list[float], metric: Metric) -> float:
    """A plausible value near `around` that differs clearly from all of `taken`."""
    while True:
        value = round(around * rng.uniform(0.5, 1.8), metric.decimals)
        if all(abs(value - other) > 0.02 * abs(around) for other in taken):
            return value


def _distractors(
    rng: Random, ranges: Ranges, requested: Metric, here: str, there: str
) -> list[RequestedReading]:
    rows = [
        RequestedReading(equipment, name, _draw(rng, ranges, METRICS[name]), METRICS[name].unit)
        for name in sorted(ranges)
        if METRICS[name].unit != requested.unit
        for equipment in (here, there)
    ]
    return rng.sample(rows, rng.randint(0, min(2, len(rows))))
