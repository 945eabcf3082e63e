"""Generates operators' and judge's feedback for a plant's stored history."""

from random import Random

from ratchet_testing.legacy.questions import LegacyQuestion, draw_device

_FOLLOW_UPS = ("refinement",) * 8 + ("satisfied", "new_topic", "repeat", "correction")
_ACTIONS = ("view", "view", "expand", "click", "scroll", "drill_down")
_TOUCH_RATES = {"up": 0.6, "down": 0.3, None: 0.08}
_FOLLOW_UP_RATE = 0.15
_CORRECTION_RATE = 0.3
_GOOD_THROUGHOUT = {"up": 0.45, "down": 0.25, None: 0.25}
_VOICE_JUDGED_RATE = 0.45
_DIMENSIONS = ("groundedness", "conciseness", "directness", "specificity", "tts_friendliness")

NO_REACTION: dict[str, object] = {
    "user_rating": None, "follow_up_type": None, "widget_interactions": [], "correction_text": None,
}  # fmt: skip
NOT_JUDGED: dict[str, object] = {
    "evaluation_confidence": None, "evaluation_reasoning": None, "query_understanding": None,
    "per_widget_feedback": [], "missing_widgets": [], "suggested_improvements": [],
}  # fmt: skip


def operator_fields(
    rng: Random, rating: str | None, widgets: list[dict[str, object]], *, judged: bool
) -> dict[str, object]:
    """The operator's fields; without a rating and a judge there is always a follow-up."""
    follows = rng.random() < _FOLLOW_UP_RATE or (rating is None and not judged)
    corrects = rating == "down" and rng.random() < _CORRECTION_RATE
    touched = _interactions(rng, len(widgets)) if rng.random() < _TOUCH_RATES[rating] else []
    return {
        "user_rating": rating,
        "follow_up_type": rng.choice(_FOLLOW_UPS) if follows else None,
        "widget_interactions": touched,
        "correction_text": f"I meant {draw_device(rng)}" if corrects else None,
    }


def judged_fields(
    rng: Random,
    question: LegacyQuestion,
    rating: str | None,
    widgets: list[dict[str, object]],
) -> dict[str, object]:
    """The judge's fields, per widget; only on the whole if `widgets` is empty."""
    good = rng.random() < _GOOD_THROUGHOUT[rating]
    low = set() if good else set(rng.sample(range(len(widgets)), min(len(widgets), 2)))
    views = [
        _view(rng, position, widget, fits=position not in low, good=good)
        for position, widget in enumerate(widgets)
    ]
    missing: list[str] = []
    if views and not good and rng.random() < 0.5:
        placed = {widget["scenario"] for widget in widgets}
        missing = [name for name in question.topic.fitting if name not in placed][:2]
    return {
        "evaluation_confidence": _near(rng, 0.9 if rating == "up" or good else 0.7),
        "evaluation_reasoning": "fits the question" if good else "could fit the question better",
        "query_understanding": None,
        "per_widget_feedback": views,
        "missing_widgets": missing,
        "suggested_improvements": [f"add {name}" for name in missing],
    }


def voice_judged_fields(rng: Random, quality: float) -> dict[str, object]:
    """The judge's fields on the spoken text, in some cases; `quality` is in 0..1."""
    if rng.random() >= _VOICE_JUDGED_RATE:
        return {}
    return {
        "voice_evaluation_confidence": _near(rng, quality),
        "voice_evaluation_reasoning": "clear" if quality > 0.5 else "does not answer",
        "voice_dimension_scores_claude": {name: _near(rng, quality) for name in _DIMENSIONS},
    }


def _interactions(rng: Random, widgets: int) -> list[dict[str, object]]:
    touched = sorted(rng.sample(range(widgets), rng.randint(1, widgets))) if widgets else []
    return [
        {"widget_index": index, "action": rng.choice(_ACTIONS), "duration_ms": rng.randint(3, 9000)}
        for index in touched
    ]


def _view(
    rng: Random, position: int, widget: dict[str, object], *, fits: bool, good: bool
) -> dict[str, object]:
    size_fits = good or rng.random() < 0.7
    issues = [] if fits else ["shows something else than what was asked"]
    if not size_fits:
        issues.append("too small" if position else "too large")
    return {
        "widget_index": position + 1,
        "widget_type": widget["scenario"],
        "appropriateness_score": _near(rng, 0.9 if fits else 0.25),
        "size_appropriate": size_fits,
        "issues": issues,
        "strengths": ["on topic"] if fits else [],
    }


def _near(rng: Random, truth: float) -> float:
    return round(min(1.0, max(0.0, rng.gauss(truth, 0.06))), 2)
