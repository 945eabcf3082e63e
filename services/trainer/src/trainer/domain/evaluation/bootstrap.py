"""Confidence intervals by the paired percentile bootstrap (Efron & Tibshirani 1993, §13)."""

from collections.abc import Sequence

import numpy as np

from ratchet.contract import Interval

RESAMPLES = 10_000
_TAIL_PERCENT = 2.5


def paired_gain(
    before: Sequence[float], after: Sequence[float], seed: int, looks: int = 1
) -> Interval:
    """The mean of `after - before` over the same cases, with its 95 % interval.

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
