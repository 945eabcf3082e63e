"""How much data it takes to see a gain: the power of a paired comparison."""

from math import ceil

_CONFIDENCE_Z = 1.96
_POWER_Z = 0.84


def cases_to_detect(gain: float, spread: float) -> int:
    """Held-out cases for which a true mean `gain` is credible in four runs of five.

    `spread` is the standard deviation of a case's gain, in the same unit. Two-sided 95 %
    confidence and 80 % power under a normal approximation (Cohen 1988, §2).
    """
    return ceil(((_CONFIDENCE_Z + _POWER_Z) * spread / gain) ** 2)
