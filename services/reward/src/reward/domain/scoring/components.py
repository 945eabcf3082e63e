"""The ten reward components, each before its weight.

The formulas and their default numbers are the contract with the systems that read rewards;
`tests/reward/test_components.py` holds its values. Numbers that a setting changes are in
`RewardBounds`.
"""

from collections.abc import Sequence
from math import sqrt

from ratchet.contract import FollowUp, Rating
from reward.domain.answers.reaction import WidgetScore, WidgetTouch
from reward.domain.scoring.weights import CONTRACT, RewardBounds

_UNKNOWN_SCORE = 0.5
_SIGN: dict[Rating | None, float] = {"up": 1.0, "down": -1.0, None: 0.0}


def explicit_rating(rating: Rating | None) -> float:
    """1 for up, -1 for down, 0 without a rating."""
    return _SIGN[rating]


def follow_up_type(follow_up: FollowUp | None, bounds: RewardBounds = CONTRACT) -> float:
    """The value of the operator's next question in `bounds.follow_up`, in [-1, 1]; 0 without."""
    return float(getattr(bounds.follow_up, follow_up)) if follow_up is not None else 0.0


def widget_engagement(
    touches: Sequence[WidgetTouch], widgets: int, bounds: RewardBounds = CONTRACT
) -> float:
    """min(1, touched / widgets + bonus), in [0, 1]; the bonus is for any deliberate touch.

    0 without a touch. Touches outside the plan are ignored.
    """
    touched: set[int] = set()
    bonus = 0.0
    for position, deliberate in touches:
        if position < widgets:
            touched.add(position)
            if deliberate:
                bonus = bounds.deliberate_bonus
    return min(1.0, len(touched) / widgets + bonus) if touched else 0.0


def response_latency(milliseconds: float, bounds: RewardBounds = CONTRACT) -> float:
    """Piecewise linear in t = seconds to the answer, in [-1, 1].

    1 - t / fast_s below `fast_s`; 0 up to `slow_s`; -(t - slow_s) / (slowest_s - slow_s) above,
    at least -1. 0 where no time was measured.
    """
    seconds = milliseconds / 1000
    if seconds <= 0:
        return 0.0
    if seconds < bounds.fast_s:
        return 1 - seconds / bounds.fast_s
    if seconds <= bounds.slow_s:
        return 0.0
    return -min(1.0, (seconds - bounds.slow_s) / (bounds.slowest_s - bounds.slow_s))


def intent_confidence(
    confidence: float, rating: Rating | None, bounds: RewardBounds = CONTRACT
) -> float:
    """The confidence times the sign of the rating, in [-1, 1]; without one, times 0.3.

    0.3 is `unrated_confidence`. Confident and right is rewarded, confident and wrong punished.
    """
    if confidence <= 0:
        return 0.0
    return (bounds.unrated_confidence if rating is None else _SIGN[rating]) * confidence


def evaluation_confidence_boost(
    confidence: float | None, rating: Rating | None, bounds: RewardBounds = CONTRACT
) -> float:
    """Strengthens or weakens a rating by the judge's confidence c; 0 without either.

    With s the sign of the rating: s * sure_slope * (c - sure_above) above `sure_above`,
    -s * doubt_slope * (doubt_below - c) below `doubt_below`, and 0 between them.
    """
    if confidence is None or rating is None:
        return 0.0
    if confidence > bounds.sure_above:
        return _SIGN[rating] * bounds.sure_slope * (confidence - bounds.sure_above)
    if confidence < bounds.doubt_below:
        return -_SIGN[rating] * bounds.doubt_slope * (bounds.doubt_below - confidence)
    return 0.0


def per_widget_appropriateness(judged: Sequence[WidgetScore]) -> float:
    """2 * (weighted mean score - 0.5), in [-1, 1]; 0 without scores.

    The widget at position p, from 0, weighs 1 / sqrt(p + 1): the first ones matter most. A
    judgement without a score counts as 0.5.
    """
    if not judged:
        return 0.0
    total = weights = 0.0
    for verdict in judged:
        weight = 1 / sqrt(verdict.position + 1)
        weights += weight
        total += weight * (_UNKNOWN_SCORE if verdict.score is None else verdict.score)
    return 2 * (total / weights - 0.5)


def missing_widget_penalty(missing: int, bounds: RewardBounds = CONTRACT) -> float:
    """min(1, missing / most_missing), in [0, 1]; its weight is negative."""
    return min(missing / bounds.most_missing, 1.0)


def size_appropriateness(judged: Sequence[WidgetScore]) -> float:
    """2 * (share of fitting sizes - 0.5), in [-1, 1], of the widgets whose size was judged."""
    sizes = [verdict.size_fits for verdict in judged if verdict.size_fits is not None]
    return 2 * (sum(sizes) / len(sizes) - 0.5) if sizes else 0.0


def text_quality(total: float | None) -> float:
    """The spoken text's quality by rule less 0.5, in [-0.5, 0.5]; 0 without a text."""
    return 0.0 if total is None else total - 0.5
