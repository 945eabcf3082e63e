"""How sure a mean difference is: the paired percentile bootstrap (Efron & Tibshirani 1993, §13)."""

from collections.abc import Sequence

import numpy as np

from ratchet.events.run import Interval

RESAMPLES = 10_000
_TAIL_PERCENT = 2.5


def paired_gain(before: Sequence[float], after: Sequence[float], seed: int) -> Interval:
    """The mean of `after - before` over the same cases, with its 95 % interval.

    Cases are resampled as pairs, so what makes a case hard for both models cancels out. Raises
    `ValueError` for no cases or different numbers of them.
    """
    if not before or len(before) != len(after):
        message = f"paired cases are needed, not {len(before)} and {len(after)}"
        raise ValueError(message)
    gains = np.subtract(after, before)
    draws = np.random.default_rng(seed).integers(len(gains), size=(RESAMPLES, len(gains)))
    means = gains[draws].mean(axis=1)
    low, high = np.percentile(means, (_TAIL_PERCENT, 100 - _TAIL_PERCENT))
    return Interval(mean=float(gains.mean()), low=float(low), high=float(high), n=len(gains))
