"""What a copy changes: the facts of its origin, and those in their place."""

from collections.abc import Mapping
from dataclasses import dataclass

from ratchet_truth import RequestedReading
from trainer.domain.counterfactuals.quantities import Quantity


@dataclass(frozen=True, slots=True)
class MetricChange:
    """Another metric in place of `word`, which means `quantity`."""

    word: str
    quantity: str
    to: Quantity


@dataclass(frozen=True, slots=True)
class NewReading:
    """A reading in place of another; `decimals` are those of its value."""

    reading: RequestedReading
    decimals: int


@dataclass(frozen=True, slots=True)
class Change:
    """The new facts of a copy.

    `names` maps devices as the readings write them, `readings` the readings. `limits` maps the
    values with a unit of the question, `kept` are its other numbers. `heads` tells whether a
    device has another word, not only another number.
    """

    names: Mapping[str, str]
    readings: Mapping[RequestedReading, NewReading]
    limits: Mapping[float, float]
    kept: frozenset[float]
    metric: MetricChange | None
    heads: bool
