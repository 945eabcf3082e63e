"""A straightforward implementation of the contract's ten reward components, on dicts."""

from typing import Any

from benchmarks.baseline.text_quality import quality

_FOLLOW_UP = {
    "satisfied": 1.0, "new_topic": 0.3, "refinement": -0.1, "correction": -0.8, "repeat": -1.0,
}  # fmt: skip
_WEIGHTS = {
    "explicit_rating": 1.0, "follow_up_type": 0.5, "widget_engagement": 0.3,
    "response_latency": 0.1, "intent_confidence": 0.1, "evaluation_confidence_boost": 0.2,
    "per_widget_appropriateness": 0.4, "missing_widget_penalty": -0.3, "size_appropriateness": 0.2,
    "text_quality": 0.4,
}  # fmt: skip
_JUDGE_SHARE = 0.6
_QUALITY_WEIGHTS = {
    "groundedness": 0.25, "conciseness": 0.2, "directness": 0.2, "specificity": 0.2,
    "tts_friendliness": 0.15,
}  # fmt: skip


def reward(row: dict[str, Any]) -> float:
    """The clipped total of a row with an experience and its feedback."""
    rating = row.get("user_rating")
    sign = {"up": 1, "down": -1}.get(rating or "", 0)
    widgets = (row.get("widget_plan") or {}).get("widgets") or []
    judged = [w for w in row.get("per_widget_feedback") or [] if w["widget_index"] <= len(widgets)]
    components = {
        "explicit_rating": sign,
        "follow_up_type": _FOLLOW_UP.get(row.get("follow_up_type") or "", 0.0),
        "widget_engagement": _engagement(row.get("widget_interactions") or [], len(widgets)),
        "response_latency": _latency(row.get("processing_time_ms", 0) / 1000),
        "intent_confidence": max(0.0, row.get("intent_confidence", 0.0)) * (sign or 0.3),
        "evaluation_confidence_boost": _boost(row.get("evaluation_confidence"), sign),
        "per_widget_appropriateness": _appropriateness(judged),
        "missing_widget_penalty": min(len(row.get("missing_widgets") or []) / 3, 1.0),
        "size_appropriateness": _sizes(judged),
        "text_quality": _text_quality(row),
    }
    total: float = sum(_WEIGHTS[name] * value for name, value in components.items())
    return max(-2.0, min(2.0, total))


def _engagement(interactions: list[dict[str, Any]], widgets: int) -> float:
    inside = [i for i in interactions if i["widget_index"] < widgets]
    if not inside:
        return 0.0
    share = len({i["widget_index"] for i in inside}) / widgets
    deliberate = any(i["action"] in ("expand", "scroll", "click", "drill_down") for i in inside)
    return min(1.0, share + (0.2 if deliberate else 0.0))


def _latency(seconds: float) -> float:
    if seconds <= 0:
        return 0.0
    if seconds < 3:
        return 1 - seconds / 3
    return 0.0 if seconds <= 6 else -min(1.0, (seconds - 6) / 4)


def _boost(confidence: float | None, sign: int) -> float:
    if confidence is None or not sign:
        return 0.0
    if confidence > 0.8:
        return sign * 2 * (confidence - 0.8)
    return -sign * 1.5 * (0.6 - confidence) if confidence < 0.6 else 0.0


def _appropriateness(judged: list[dict[str, Any]]) -> float:
    if not judged:
        return 0.0
    weights = [w["widget_index"] ** -0.5 for w in judged]
    scores = [w.get("appropriateness_score", 0.5) for w in judged]
    mean: float = sum(w * s for w, s in zip(weights, scores, strict=True)) / sum(weights)
    return 2 * (mean - 0.5)


def _sizes(judged: list[dict[str, Any]]) -> float:
    sizes = [w["size_appropriate"] for w in judged if w.get("size_appropriate") is not None]
    return 2 * (sum(sizes) / len(sizes) - 0.5) if sizes else 0.0


def _text_quality(row: dict[str, Any]) -> float:
    if not row.get("voice_response"):
        return 0.0
    scores = quality(row["voice_response"], row.get("transcript", ""))
    judge = row.get("voice_dimension_scores_claude") or {}
    for name in _QUALITY_WEIGHTS.keys() & judge.keys():
        scores[name] = _JUDGE_SHARE * judge[name] + (1 - _JUDGE_SHARE) * scores[name]
    return sum(weight * scores[name] for name, weight in _QUALITY_WEIGHTS.items()) - 0.5
