"""The reward model of the doubly robust estimate: cross-fitted ridge regression."""

from collections.abc import Sequence

import numpy as np

from trainer.domain.scorer.examination import Floats
from trainer.domain.scorer.holdout import fold_of
from trainer.domain.scorer.logged_decision import LoggedDecision

_FOLDS = 2
_RIDGE = 2.0


def predicted_values(
    logged: Sequence[LoggedDecision], values: Sequence[Floats], attention: Sequence[Floats]
) -> list[Floats]:
    """The value of every candidate (n,) of each decision, from a fit without its kind of question.

    `values` (m,) and `attention` (m,) belong to the shown widgets. With a judge's scores each
    widget is a row; a plan that was rated as a whole is one row, so that a bad widget in a good
    plan gets no credit for its neighbors. A model fitted on the decisions it predicts would hide
    its errors from the doubly robust correction (cross-fitting, Chernozhukov et al. 2018). Both
    folds share a fit if every decision falls into one.
    """
    rows, row_targets, owners = [], [], []
    for at, (one, value, examined) in enumerate(zip(logged, values, attention, strict=True)):
        shown = one.design[list(one.shown)]
        if one.judged:
            rows.append(shown)
            row_targets.append(value)
        else:
            share = examined / examined.sum()
            rows.append((share @ shown)[None, :])
            row_targets.append(np.array([share @ value]))
        owners.append(np.full(len(rows[-1]), at))
    design, targets, of = np.concatenate(rows), np.concatenate(row_targets), np.concatenate(owners)
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


def _ridge(rows: Floats, targets: Floats) -> tuple[float, Floats]:
    mean = float(targets.mean())
    normal = rows.T @ rows + _RIDGE * np.eye(rows.shape[1])
    slopes = np.linalg.solve(normal, rows.T @ (targets - mean))
    return mean, slopes.astype(np.float64)
