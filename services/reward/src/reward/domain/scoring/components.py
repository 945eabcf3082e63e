"""The ten reward components, each before its weight; the numbers are the product's contract."""

from collections.abc import Sequence
from math import sqrt

from ratchet.contract import FollowUp, Rating
from reward.domain.scoring.reaction import Touch, WidgetVerdict
from reward.domain.scoring.weights import CONTRACT, Bounds

_UNKNOWN_SCORE = 0.5
_SIGN: dict[Rating | None, float] = {"up": 1.0, "down": -1.0, None: 0.0}


def explicit_rating(rating: Rating | None) -> float:
    return _SIGN[rating]


def follow_up_type(follow_up: FollowUp | None, bounds: Bounds = CONTRACT) -> float:
    return float(getattr(bounds.follow_up, follow_up)) if follow_up is not None else 0.0


def widget_engagement(touches: Sequence[Touch], widgets: int, bounds: Bounds = CONTRACT) -> float:
    """Share of the plan's widgets touched, and a bonus for any deliberate touch; at most 1."""
    inside = [touch for touch in touches if touch.position < widgets]
    if not inside:
        return 0.0
    share = len({touch.position for touch in inside}) / widgets
    deliberate = any(touch.deliberate for touch in inside)
    return min(1.0, share + (bounds.deliberate_bonus if deliberate else 0.0))


def response_latency(milliseconds: float, bounds: Bounds = CONTRACT) -> float:
    """From 1 at once to 0 at `fast_s`, 0 up to `slow_s`, then down to -1 at `slowest_s`."""
    seconds = milliseconds / 1000
    if seconds <= 0:
        return 0.0
    if seconds < bounds.fast_s:
        return 1 - seconds / bounds.fast_s
    if seconds <= bounds.slow_s:
        return 0.0
    return -min(1.0, (seconds - bounds.slow_s) / (bounds.slowest_s - bounds.slow_s))


def intent_confidence(confidence: float, rating: Rating | None, bounds: Bounds = CONTRACT) -> float:
    if confidence <= 0:
        return 0.0
    return (bounds.unrated_confidence if rating is None else _SIGN[rating]) * confidence


def evaluation_confidence_boost(
    confidence: float | None, rating: Rating | None, bounds: Bounds = CONTRACT
) -> float:
    """Counts only where both a person and the judge have spoken."""
    if confidence is None or rating is None:
        return 0.0
    if confidence > bounds.sure_above:
        return _SIGN[rating] * bounds.sure_slope * (confidence - bounds.sure_above)
    if confidence < bounds.doubt_below:
        return -_SIGN[rating] * bounds.doubt_slope * (bounds.doubt_below - confidence)
    return 0.0


def per_widget_appropriateness(judged: Sequence[WidgetVerdict]) -> float:
    """Mean score in [-1, 1]; a widget at position p (from 0) weighs 1/sqrt(p+1)."""
    if not judged:
        return 0.0
    total = weights = 0.0
    for verdict in judged:
        weight = 1 / sqrt(verdict.position + 1)
        weights += weight
        total += weight * (_UNKNOWN_SCORE if verdict.score is None else verdict.score)
    return 2 * (total / weights - 0.5)


def missing_widget_penalty(missing: int, bounds: Bounds = CONTRACT) -> float:
    return min(missing / bounds.most_missing, 1.0)


def size_appropriateness(judged: Sequence[WidgetVerdict]) -> float:
    """Share of right sizes in [-1, 1], among the widgets whose size was judged."""
    sizes = [verdict.size_fits for verdict in judged if verdict.size_fits is not None]
    return 2 * (sum(sizes) / len(sizes) - 0.5) if sizes else 0.0


def text_quality(total: float | None) -> float:
    return 0.0 if total is None else total - 0.5
