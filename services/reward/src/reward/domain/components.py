"""The ten reward components, each before its weight; the numbers are the product's contract."""

from collections.abc import Sequence
from math import sqrt

from ratchet.events.experience import FollowUp, Rating, WidgetInteraction, WidgetJudgement

_FOLLOW_UP: dict[FollowUp, float] = {
    "satisfied": 1.0,
    "new_topic": 0.3,
    "refinement": -0.1,
    "correction": -0.8,
    "repeat": -1.0,
}
_ENGAGED = {"expand", "scroll", "click", "drill_down"}
_UNKNOWN_SCORE = 0.5


def explicit_rating(rating: Rating | None) -> float:
    return sign_of(rating)


def sign_of(rating: Rating | None) -> float:
    return {"up": 1.0, "down": -1.0, None: 0.0}[rating]


def follow_up_type(follow_up: FollowUp | None) -> float:
    return _FOLLOW_UP[follow_up] if follow_up is not None else 0.0


def widget_engagement(interactions: Sequence[WidgetInteraction] | None, widgets: int) -> float:
    """Share of the plan's widgets touched, +0.2 (at most 1) for any deliberate action."""
    touched = {touch.widget_index for touch in interactions or () if touch.widget_index < widgets}
    if not touched:
        return 0.0
    deliberate = any(touch.action in _ENGAGED for touch in interactions or ())
    return min(1.0, len(touched) / widgets + (0.2 if deliberate else 0.0))


def response_latency(milliseconds: float) -> float:
    """From 1 at once to 0 at 3 s, 0 up to 6 s, then down to -1."""
    seconds = milliseconds / 1000
    if seconds <= 0:
        return 0.0
    if seconds < 3:
        return 1 - seconds / 3
    return 0.0 if seconds <= 6 else -min(1.0, (seconds - 6) / 4)


def intent_confidence(confidence: float, rating: Rating | None) -> float:
    if confidence <= 0:
        return 0.0
    return 0.3 * confidence if rating is None else sign_of(rating) * confidence


def evaluation_confidence_boost(confidence: float | None, rating: Rating | None) -> float:
    """Counts only where both a person and the judge have spoken."""
    if confidence is None or rating is None:
        return 0.0
    if confidence > 0.8:
        return sign_of(rating) * 2 * (confidence - 0.8)
    return -sign_of(rating) * 1.5 * (0.6 - confidence) if confidence < 0.6 else 0.0


def per_widget_appropriateness(judged: Sequence[WidgetJudgement] | None) -> float:
    """Mean score in [-1, 1]; a widget at position p (from 0) weighs 1/sqrt(p+1)."""
    if not judged:
        return 0.0
    weights = [1 / sqrt(widget.position + 1) for widget in judged]
    scores = [
        _UNKNOWN_SCORE if widget.appropriateness_score is None else widget.appropriateness_score
        for widget in judged
    ]
    mean = sum(w * s for w, s in zip(weights, scores, strict=True)) / sum(weights)
    return 2 * (mean - 0.5)


def missing_widget_penalty(missing: Sequence[str] | None) -> float:
    return min(len(missing or ()) / 3, 1.0)


def size_appropriateness(judged: Sequence[WidgetJudgement] | None) -> float:
    """Share of right sizes in [-1, 1], among the widgets whose size was judged."""
    sizes = [
        widget.size_appropriate for widget in judged or () if widget.size_appropriate is not None
    ]
    return 2 * (sum(sizes) / len(sizes) - 0.5) if sizes else 0.0


def text_quality(total: float | None) -> float:
    return 0.0 if total is None else total - 0.5
