"""Learning targets and values of the widgets of a plan, from all feedback on it."""

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
    """Targets (n,) in [-1, 1], by section 5 of the contract; None without feedback.

    For a judged widget: four times the score's difference from the plan's mean (weight 0.6) and
    from the middle (weight 0.4), 0.5 less for a wrong size, blended 70/30 with the reward of the
    plan, which never changes its sign, then halved. A widget that was not judged has the reward
    of the plan, and more if it was touched: the scorer's position input absorbs the effect of the
    position.
    """
    reward = plan.reward
    scores = np.array([_score(widget) for widget in plan.widgets])
    judged = ~np.isnan(scores)
    touched = any(widget.touched for widget in plan.widgets)
    if reward is None and not judged.any() and not touched:
        return None
    targets = np.full(len(scores), reward or 0.0)
    if judged.any():
        mean = float(scores[judged].mean())
        wrong = np.array([widget.size_fits is False for widget in plan.widgets])
        targets[judged] = _judged(scores - _WRONG_SIZE / _SLOPE * wrong, mean, reward)[judged]
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
    """The value of each widget (n,) in units of reward, independent of its position.

    For a judged widget: twice the score's difference from the middle, 0.25 less for a wrong size.
    Otherwise the reward of the plan, plus its touches divided by the chance of examination.
    """
    reward = plan.reward
    scores = np.array([_score(widget) for widget in plan.widgets])
    judged = ~np.isnan(scores)
    if judged.any():
        values: Floats = np.where(judged, 2 * (scores - _UNKNOWN), reward or 0.0)
        sizes = np.array([widget.size_fits is False for widget in plan.widgets])
        values -= _WRONG_SIZE / 2 * (sizes & judged)
        return values
    if reward is None:
        return None
    touches = np.array([widget.touched for widget in plan.widgets], np.float64)
    touches /= examination(len(touches), power)
    relative: Floats = touches - touches.mean()
    return reward + _TOUCHES_WEIGH * relative


def plan_target(plan: ServedPlan) -> float | None:
    """The target of a plan as a whole, in [-1, 1]; None without a reward."""
    if plan.reward is None:
        return None
    return max(-_BOUND, min(_BOUND, plan.reward)) / _BOUND


def _judged(scores: Floats, mean: float, reward: float | None) -> Floats:
    own = _SLOPE * (_RELATIVE * (scores - mean) + _ABSOLUTE * (scores - _UNKNOWN))
    if reward is None:
        return own
    blend = _OWN_SHARE * own + (1 - _OWN_SHARE) * reward
    return np.where(blend * own >= 0, blend, 0.0)


def _halved(targets: Floats) -> Floats:
    clipped: Floats = np.clip(targets, -_BOUND, _BOUND) / _BOUND
    return clipped


def _score(widget: ServedWidget) -> float:
    if widget.score is None:
        return _UNKNOWN if widget.judged else np.nan
    return widget.score
