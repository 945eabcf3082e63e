"""The position-based model of clicks: how the chance of examination falls with the position."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_POWERS = np.linspace(0.0, 2.0, 41)
_PRIOR_POWER, _PRIOR_WIDTH = 0.5, 0.5


class Impression(NamedTuple):
    """A widget shown at `position` (from 0); `kind` identifies its question and scenario."""

    kind: str
    position: int
    touched: bool


def examination(positions: int, power: float) -> Floats:
    """The probability (n,) that each position is examined: 1/(position + 1)**power.

    The power 0.5 gives the position weights of the contract's reward.
    """
    curve: Floats = np.arange(1, positions + 1, dtype=np.float64) ** -power
    return curve


def fitted_power(impressions: Sequence[Impression]) -> float:
    """The maximum a posteriori power on a grid from 0 to 2.

    In the position-based model the chance of a touch is the chance of examination times an
    attraction that depends on the kind alone (Richardson et al. 2007). Attractions are profiled
    out of the Poisson likelihood, so the evidence is the same kind at different positions, which
    exploration provides (Joachims et al. 2017, "swap interventions"). A normal prior around 0.5
    dominates while there are few impressions.
    """
    if not impressions:
        return _PRIOR_POWER
    kinds = {kind: at for at, kind in enumerate(dict.fromkeys(shown.kind for shown in impressions))}
    of = np.array([kinds[shown.kind] for shown in impressions])
    positions = np.array([shown.position for shown in impressions])
    touched = np.array([shown.touched for shown in impressions], np.float64)
    touches = np.bincount(of, touched)
    known = touches > 0
    logs = np.log(positions + 1.0)
    best = _PRIOR_POWER, -np.inf
    for power in _POWERS:
        examined = np.bincount(of, np.exp(-power * logs))
        fit = -power * (touched @ logs) - touches[known] @ np.log(examined[known])
        fit -= 0.5 * ((power - _PRIOR_POWER) / _PRIOR_WIDTH) ** 2
        if fit > best[1]:
            best = float(power), float(fit)
    return best[0]
