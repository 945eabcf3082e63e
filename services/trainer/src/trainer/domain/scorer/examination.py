"""How attention falls from place to place: the position-based model of clicks."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_POWERS = np.linspace(0.0, 2.0, 41)
_PRIOR_POWER, _PRIOR_WIDTH = 0.5, 0.5


class Look(NamedTuple):
    """A widget that was shown at `position` (from 0): `kind` says of what and to which question."""

    kind: str
    position: int
    touched: bool


def examination(places: int, power: float) -> Floats:
    """How likely each place (n,) is looked at: 1/(position + 1)**power.

    A power of 0.5 gives the weights that the contract's reward puts on positions.
    """
    curve: Floats = np.arange(1, places + 1, dtype=np.float64) ** -power
    return curve


def fitted_power(looks: Sequence[Look]) -> float:
    """The power under which the touches are likeliest, on a grid from 0 to 2.

    In the position-based model a touch is an examination times an attraction that depends on the
    kind alone (Richardson et al. 2007). Attractions are profiled out of the Poisson likelihood,
    so what counts is the same kind at different places, which exploration provides (Joachims
    et al. 2017, "swap interventions"). A normal prior around 0.5 speaks where looks are few.
    """
    if not looks:
        return _PRIOR_POWER
    kinds = {kind: at for at, kind in enumerate(dict.fromkeys(look.kind for look in looks))}
    of = np.array([kinds[look.kind] for look in looks])
    positions = np.array([look.position for look in looks])
    touched = np.array([look.touched for look in looks], np.float64)
    touches = np.bincount(of, touched)
    known = touches > 0
    logs = np.log(positions + 1.0)
    best = _PRIOR_POWER, -np.inf
    for power in _POWERS:
        looked = np.bincount(of, np.exp(-power * logs))
        fit = -power * (touched @ logs) - touches[known] @ np.log(looked[known])
        fit -= 0.5 * ((power - _PRIOR_POWER) / _PRIOR_WIDTH) ** 2
        if fit > best[1]:
            best = float(power), float(fit)
    return best[0]
