"""What the measures of a run are called for a person, and how each of them changed."""

from dataclasses import dataclass
from math import sqrt
from typing import Literal, NamedTuple

from ratchet.contract import Interval, RunFinished

Wanted = Literal["more", "less"]
_LEAST_CASES = 5
"""Fewer have no interval: all cases of a bootstrap sample may be the same one."""
Direction = Literal["better", "worse", "same", "changed"]


class NamedMeasure(NamedTuple):
    """`wanted` is what is better, None if neither is; shares and scores are in 0..1."""

    title: str
    wanted: Wanted | None
    in_unit: bool = True


_MEASURES = {
    "grounded_accuracy": NamedMeasure("asked reading stated correctly", "more"),
    "invented": NamedMeasure("number that no reading supports", "less"),
    "untrue": NamedMeasure("something false or unasked stated", "less"),
    "right_device": NamedMeasure("right device named", "more"),
    "right_direction": NamedMeasure("right direction (above, below)", "more"),
    "precision": NamedMeasure("right, of answers that state one", "more"),
    "absent": NamedMeasure("absent reading called absent", "more"),
    "stated_absent": NamedMeasure("absent reading given a value", "less"),
    "refused": NamedMeasure("listed reading called absent", "less"),
    "preference_accuracy": NamedMeasure("prefers the better of two answers", "more"),
    "text_quality": NamedMeasure("short, direct, easy to speak", "more"),
    "finished": NamedMeasure("answer comes to an end", "more"),
    "json_validity": NamedMeasure("widget plan can be shown", "more"),
    "plan_agreement": NamedMeasure("widget plan fits the question", "more"),
    "margin": NamedMeasure("preference margin, nats a token", "more", in_unit=False),
    "likelihood": NamedMeasure("likelihood, nats a token", "more", in_unit=False),
    "words": NamedMeasure("words of an answer", None, in_unit=False),
    "kl": NamedMeasure("distance from the base, nats a token", None, in_unit=False),
}
"""In the order of interest; a measure that is not here is shown last, by its own name."""


@dataclass(frozen=True)
class MeasureChange:
    """One measure before and after; `gain` is None if no case has both.

    `certain`: the 95 % interval of the gain, of five cases or more, excludes zero.
    """

    measure: str
    title: str
    wanted: Wanted | None
    in_unit: bool
    before: float
    after: float
    gain: Interval | None

    @property
    def n(self) -> int | None:
        return self.gain.n if self.gain else None

    @property
    def direction(self) -> Direction:
        if self.before == self.after:
            return "same"
        if self.wanted is None:
            return "changed"
        return "better" if (self.after > self.before) == (self.wanted == "more") else "worse"

    @property
    def certain(self) -> bool:
        gain = self.gain
        return gain is not None and gain.n >= _LEAST_CASES and (gain.low > 0 or gain.high < 0)

    @property
    def verdict(self) -> str:
        """The direction in words, such as "worse" or "better, may be chance"."""
        if self.direction in ("same", "changed"):
            return self.direction
        if self.certain:
            return self.direction
        few = self.n is None or self.n < _LEAST_CASES
        return f"{self.direction}, {'too few to judge' if few else 'may be chance'}"


def changes_of(run: RunFinished | None) -> list[MeasureChange]:
    """Every measure that both models have, in the order of interest."""
    if run is None or run.before is None or run.after is None:
        return []
    before, after = run.before.model_dump(), run.after.model_dump()
    names = [*(name for name in _MEASURES if name in before), *(before.keys() - _MEASURES.keys())]
    return [
        MeasureChange(
            name,
            *_MEASURES.get(name, NamedMeasure(name.replace("_", " "), None, in_unit=False)),
            before[name],
            after[name],
            run.gains.get(name),
        )
        for name in names
        if before[name] is not None and after[name] is not None
    ]


def share_interval(mean: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of `n` cases (Wilson, 1927).

    For the mean of scores in 0..1 it is too wide rather than too narrow: of all such scores with
    this mean, those that are 0 or 1 vary most.
    """
    z = 1.96
    center = (mean + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(mean * (1 - mean) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, center - half), min(1.0, center + half)
