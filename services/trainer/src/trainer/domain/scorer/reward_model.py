"""What a widget that was not shown would be worth in a context: cross-fitted ridge regression."""

from collections.abc import Sequence

import numpy as np

from trainer.domain.scorer.examination import Floats
from trainer.domain.scorer.holdout import fold_of
from trainer.domain.scorer.logged_decision import Logged

_FOLDS = 2
_RIDGE = 2.0


def predicted_values(
    logged: Sequence[Logged], values: Sequence[Floats], looks: Sequence[Floats]
) -> list[Floats]:
    """For every candidate (n,) of each decision, a value no decision of its kind was used for.

    `values` (m,) are those of the shown, `looks` (m,) how much each is looked at. Where a judge
    scored each widget, each teaches; a plan that was only rated as a whole teaches as a whole, so
    that a bad widget in a good plan gets no credit for its neighbours. A model that had seen what
    it predicts would hide its own errors from the correction of the doubly robust estimate
    (Chernozhukov et al. 2018). Only where all decisions are of few kinds is there no other.
    """
    rows, wanted, owners = [], [], []
    for at, (one, value, look) in enumerate(zip(logged, values, looks, strict=True)):
        shown = one.design[list(one.shown)]
        if one.judged:
            rows.append(shown)
            wanted.append(value)
        else:
            share = look / look.sum()
            rows.append((share @ shown)[None, :])
            wanted.append(np.array([share @ value]))
        owners.append(np.full(len(rows[-1]), at))
    design, targets, of = np.concatenate(rows), np.concatenate(wanted), np.concatenate(owners)
    folds = np.array([fold_of(one.kind, _FOLDS) for one in logged])
    fits = []
    for fold in range(_FOLDS):
        others = folds[of] != fold
        used = others if others.any() else ~others
        fits.append(_ridge(design[used].astype(np.float64), targets[used]))
    return [
        mean + one.design @ slopes
        for one, (mean, slopes) in zip(logged, (fits[fold] for fold in folds), strict=True)
    ]


def _ridge(rows: Floats, wanted: Floats) -> tuple[float, Floats]:
    mean = float(wanted.mean())
    normal = rows.T @ rows + _RIDGE * np.eye(rows.shape[1])
    slopes = np.linalg.solve(normal, rows.T @ (wanted - mean))
    return mean, slopes.astype(np.float64)
