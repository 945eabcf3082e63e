"""What each widget of a plan was worth, by everything that was said of it."""

import numpy as np

from ratchet.contract import ServedPlan, ServedWidget
from trainer.domain.scorer.examination import Floats, examination

_RELATIVE, _ABSOLUTE, _SLOPE = 0.6, 0.4, 4.0
_WRONG_SIZE = 0.5
_OWN_SHARE = 0.7
_BOUND = 2.0
_TOUCHES_WEIGH = 0.25
_UNKNOWN = 0.5
_MISSED = 1.0


def widget_targets(plan: ServedPlan) -> Floats | None:
    """Targets (n,) in [-1, 1], by section 5 of the contract; None where nothing was said.

    A judged widget: four times its score's distance from the plan's mean (0.6) and from the
    middle (0.4), 0.5 less for a wrong size; blended 70/30 with the reward of the plan, which
    never turns its sign, and halved. A widget nobody judged has the reward of the plan, and a
    touched one more than the others: what its place did for that is left to the scorer's input
    for the position.
    """
    flat = plan.reward
    scores = np.array([_score(widget) for widget in plan.widgets])
    judged = ~np.isnan(scores)
    if flat is None and not judged.any() and not _touched(plan):
        return None
    targets = np.full(len(scores), flat or 0.0)
    if judged.any():
        mean = float(scores[judged].mean())
        wrong = np.array([widget.size_fits is False for widget in plan.widgets])
        targets[judged] = _judged(scores - _WRONG_SIZE / _SLOPE * wrong, mean, flat)[judged]
    else:
        touches = np.array([widget.touched for widget in plan.widgets], np.float64)
        targets += _SLOPE * _RELATIVE * _TOUCHES_WEIGH * (touches - touches.mean())
    return _halved(targets)


def missing_target(plan: ServedPlan) -> float:
    """The target in [-1, 1] of a scenario that the judge missed: a widget with the best score."""
    scores = [widget.score for widget in plan.widgets if widget.score is not None]
    mean = float(np.mean(scores)) if scores else _UNKNOWN
    return float(_halved(_judged(np.array(_MISSED), mean, plan.reward)))


def widget_values(plan: ServedPlan, power: float) -> Floats | None:
    """What each widget (n,) was worth in units of reward, the same at whatever place it stood.

    A judged one: its score's distance from the middle, doubled, and 0.25 less for a wrong size.
    Otherwise the reward of the plan, and its touches divided by how likely its place is looked at.
    """
    flat = plan.reward
    scores = np.array([_score(widget) for widget in plan.widgets])
    judged = ~np.isnan(scores)
    if judged.any():
        values: Floats = np.where(judged, 2 * (scores - _UNKNOWN), flat or 0.0)
        sizes = np.array([widget.size_fits is False for widget in plan.widgets])
        values -= _WRONG_SIZE / 2 * (sizes & judged)
        return values
    if flat is None:
        return None
    touches = np.array([widget.touched for widget in plan.widgets], np.float64)
    touches /= examination(len(touches), power)
    relative: Floats = touches - touches.mean()
    return flat + _TOUCHES_WEIGH * relative


def plan_target(plan: ServedPlan) -> float | None:
    """What a plan as a whole was worth, in [-1, 1]; None where nothing was said."""
    if plan.reward is None:
        return None
    return max(-_BOUND, min(_BOUND, plan.reward)) / _BOUND


def _judged(scores: Floats, mean: float, flat: float | None) -> Floats:
    own = _SLOPE * (_RELATIVE * (scores - mean) + _ABSOLUTE * (scores - _UNKNOWN))
    if flat is None:
        return own
    blend = _OWN_SHARE * own + (1 - _OWN_SHARE) * flat
    return np.where(blend * own >= 0, blend, 0.0)


def _halved(targets: Floats) -> Floats:
    clipped: Floats = np.clip(targets, -_BOUND, _BOUND) / _BOUND
    return clipped


def _touched(plan: ServedPlan) -> bool:
    return any(widget.touched for widget in plan.widgets)


def _score(widget: ServedWidget) -> float:
    if widget.score is None:
        return _UNKNOWN if widget.judged else np.nan
    return widget.score
