"""Off-policy estimates of a ranking's value from logged decisions: IPS, SNIPS, doubly robust.

The value of a ranking is the mean value of its widgets, weighted by examination. Once touches are
corrected for examination, a widget's value does not depend on its position, so a policy enters
through its exposure alone: the expected examination of each candidate. The importance weight of a
widget is the ratio of two exposures (the position-based estimator of Li et al. 2018,
arXiv:1804.10488), which has far less variance than the ratio of probabilities of whole orders.
IPS: Horvitz and Thompson 1952. SNIPS: Swaminathan and Joachims 2015. Doubly robust: Dudik et al.
2011 (arXiv:1103.4601). Intervals: percentile bootstrap over decisions (Efron 1979).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ratchet.contract import Estimate, Interval, PolicyName
from trainer.domain.scorer.examination import Floats, examination
from trainer.domain.scorer.logged_decision import LoggedDecision

_RESAMPLES = 1_000
_TAIL_PERCENT = 2.5


class Contributions(NamedTuple):
    """The contribution of each decision (N,); with full support, `weight` averages 1."""

    ips: Floats
    weight: Floats
    dr: Floats
    supported: Floats


def contributions(
    logged: Sequence[LoggedDecision],
    values: Sequence[Floats],
    predicted: Sequence[Floats],
    exposures: Sequence[Floats],
    logged_exposures: Sequence[Floats],
    power: float,
    most_weight: float,
) -> Contributions:
    """The contributions for the policy whose `exposures` (n,) are given for each decision.

    `values` are those of the shown widgets, `predicted` those of all candidates. Weights are
    clipped at `most_weight`; in the doubly robust estimate the reward model fills the gap.
    """
    rows = np.empty((4, len(logged)))
    for at, one in enumerate(logged):
        shown = list(one.shown)
        attention = examination(len(shown), power)
        attention /= attention.sum()
        target, actual = exposures[at], logged_exposures[at]
        weights = np.minimum(target[shown] / np.maximum(actual[shown], 1e-12), most_weight)
        modelled = predicted[at]
        total = target.sum()
        rows[0, at] = (attention * weights) @ values[at]
        rows[1, at] = attention @ weights
        expected = modelled[shown] if one.judged else attention @ modelled[shown]
        rows[2, at] = target @ modelled / total + (attention * weights) @ (values[at] - expected)
        rows[3, at] = target[actual > 0].sum() / total
    return Contributions(*rows)


def estimate(policy: PolicyName, of: Contributions, draws: Floats) -> Estimate:
    """All three estimates with percentile intervals over `draws` (resamples, N).

    `effective` is the effective sample size (Kish 1965): (sum w)^2 / sum w^2.
    """
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


def gains(by_policy: Mapping[PolicyName, Contributions], draws: Floats) -> dict[str, Interval]:
    """The doubly robust gain of the candidate over each other policy, paired by decision."""
    candidate = by_policy["candidate"].dr
    return {
        name: interval_of(candidate - of.dr, draws)
        for name, of in by_policy.items()
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
