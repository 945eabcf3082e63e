"""What another ranking would have been worth, by what was logged: IPS, SNIPS and doubly robust.

The value of a ranking is the mean value of its widgets, weighed by how much each is looked at. A
widget's value does not hang on its place once touches are made up for attention, so a policy
enters by its exposure alone: how much each candidate is looked at on average. The ratio of two
exposures is the weight of a widget (the position-based estimator of Li et al. 2018,
arXiv:1804.10488), far less noisy than the ratio of the probabilities of whole orders.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ratchet.contract import Estimate, Interval, PolicyName
from trainer.domain.scorer.examination import Floats, examination
from trainer.domain.scorer.logged_decision import Logged

_RESAMPLES = 1_000
_TAIL_PERCENT = 2.5


class Contributions(NamedTuple):
    """What each decision (N,) adds; `weight` is 1 on average where support is full."""

    ips: Floats
    weight: Floats
    dr: Floats
    supported: Floats


def contributions(
    logged: Sequence[Logged],
    values: Sequence[Floats],
    predicted: Sequence[Floats],
    exposures: Sequence[Floats],
    logged_exposures: Sequence[Floats],
    power: float,
    most_weight: float,
) -> Contributions:
    """For one policy, whose exposures (n,) are given for each decision, as are the logged ones.

    `values` are those of the shown widgets, `predicted` of all candidates. Weights are clipped
    at `most_weight`, which the doubly robust estimate pays for with its model's error alone.
    """
    found = np.empty((4, len(logged)))
    for at, one in enumerate(logged):
        shown = list(one.shown)
        looks = examination(len(shown), power)
        looks /= looks.sum()
        target, actual = exposures[at], logged_exposures[at]
        weights = np.minimum(target[shown] / np.maximum(actual[shown], 1e-12), most_weight)
        modelled = predicted[at]
        total = target.sum()
        found[0, at] = (looks * weights) @ values[at]
        found[1, at] = looks @ weights
        expected = modelled[shown] if one.judged else looks @ modelled[shown]
        found[2, at] = target @ modelled / total + (looks * weights) @ (values[at] - expected)
        found[3, at] = target[actual > 0].sum() / total
    return Contributions(*found)


def estimated(policy: PolicyName, of: Contributions, draws: Floats) -> Estimate:
    """All three estimates with their percentile intervals over `draws` (resamples, N)."""
    weight = draws @ of.weight
    return Estimate(
        policy=policy,
        ips=interval_of(of.ips, draws),
        snips=mean_interval(
            of.ips.sum() / max(of.weight.sum(), 1e-12),
            draws @ of.ips / np.maximum(weight, 1e-12),
            len(of.ips),
        ),
        dr=interval_of(of.dr, draws),
        effective=float(of.weight.sum() ** 2 / max((of.weight**2).sum(), 1e-12)),
        supported=float(np.clip(of.supported.mean(), 0.0, 1.0)),
    )


def gains(found: Mapping[PolicyName, Contributions], draws: Floats) -> dict[str, Interval]:
    """The doubly robust value of the candidate minus that of each other policy, paired."""
    candidate = found["candidate"].dr
    return {
        name: interval_of(candidate - of.dr, draws)
        for name, of in found.items()
        if name != "candidate"
    }


def interval_of(cases: Floats, draws: Floats) -> Interval:
    """The mean of `cases` (N,) with its percentile interval over `draws` (resamples, N)."""
    return mean_interval(float(cases.mean()), draws @ cases, len(cases))


def resamples(cases: int, seed: int) -> Floats:
    """Weights (1000, cases) of a bootstrap over decisions, each row summing to 1."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(cases, np.full(cases, 1 / cases), size=_RESAMPLES) / cases


def mean_interval(mean: float, means: Floats, cases: int) -> Interval:
    """`mean` with the percentile interval of its resampled `means`, over `cases`."""
    low, high = np.percentile(means, (_TAIL_PERCENT, 100 - _TAIL_PERCENT))
    return Interval(mean=float(mean), low=float(low), high=float(high), n=cases)
