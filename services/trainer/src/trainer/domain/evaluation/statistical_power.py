"""The power of a paired comparison: how many cases show a gain."""

from math import ceil

_CONFIDENCE_Z = 1.96
_POWER_Z = 0.84


def cases_to_detect(gain: float, spread: float) -> int:
    """The number of held-out cases with which a true mean `gain` is credible in 4 of 5 runs.

    `spread` is the standard deviation of a case's gain, in the same unit. Two-sided 95 %
    confidence and 80 % power under a normal approximation (Cohen 1988, §2).
    """
    return ceil(((_CONFIDENCE_Z + _POWER_Z) * spread / gain) ** 2)
