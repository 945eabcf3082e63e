"""The confidence interval of a gain, and the number of cases that show one."""

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np

from ratchet.contract import Interval

RESAMPLES = 10_000
_TAIL_PERCENT = 2.5
_CONFIDENCE_Z = 1.96
_POWER_Z = 0.84


def paired_gain(
    before: Sequence[float], after: Sequence[float], seed: int, looks: int = 1
) -> Interval:
    """The mean of `after - before` over the same cases, with its 95 % interval.

    The interval is that of the percentile bootstrap (Efron & Tibshirani 1993, §13).
    Cases are resampled as pairs, so the difficulty of a case for both models cancels out. If
    `looks` intervals are tested for excluding zero, each tail is divided by their number, which
    bounds the chance that any of them does so by accident (Bonferroni; Dunn 1961). Raises
    `ValueError` for no cases or different numbers of them.
    """
    if not before or len(before) != len(after):
        message = f"the cases must be pairs, got {len(before)} before and {len(after)} after"
        raise ValueError(message)
    gains = np.subtract(after, before)
    draws = np.random.default_rng(seed).integers(len(gains), size=(RESAMPLES, len(gains)))
    means = gains[draws].mean(axis=1)
    tail = _TAIL_PERCENT / looks
    low, high = np.percentile(means, (tail, 100 - tail))
    return Interval(mean=float(gains.mean()), low=float(low), high=float(high), n=len(gains))


def share_gain(
    before: Mapping[str, float], after: Mapping[str, float], seed: int
) -> Interval | None:
    """The difference of two shares, of answers to partly other cases, with its 95 % interval.

    Both map a case to 0 or 1. The bootstrap resamples the cases that have a value on any side, so
    that those on both sides stay pairs. `n` is the smaller number of answers; None if it is 0.
    """
    if not before or not after:
        return None
    cases = sorted(before.keys() | after.keys())
    draws = np.random.default_rng(seed).integers(len(cases), size=(RESAMPLES, len(cases)))
    shares = []
    for side in (after, before):
        values = np.array([side.get(case, 0.0) for case in cases])[draws].sum(axis=1)
        answers = np.array([case in side for case in cases])[draws].sum(axis=1)
        shares.append(np.divide(values, answers, np.full(RESAMPLES, np.nan), where=answers > 0))
    low, high = np.nanpercentile(shares[0] - shares[1], (_TAIL_PERCENT, 100 - _TAIL_PERCENT))
    mean = sum(after.values()) / len(after) - sum(before.values()) / len(before)
    return Interval(mean=mean, low=low, high=high, n=min(len(before), len(after)))


def cases_to_detect(gain: float, spread: float) -> int:
    """The number of held-out cases with which a true mean `gain` is credible in 4 of 5 runs.

    `spread` is the standard deviation of a case's gain, in the same unit. Two-sided 95 %
    confidence and 80 % power under a normal approximation (Cohen 1988, §2).
    """
    return ceil(((_CONFIDENCE_Z + _POWER_Z) * spread / gain) ** 2)
