"""The simulated judge: scores close to the truth, with 1-based widget indices."""

from random import Random

from ratchet.measures import text_quality
from simulator.answers import SimulatedAnswer
from simulator.widgets import Placed, Plan

_UNTRUE = frozenset(("invented", "wrong_reading"))
_VOICE_VERDICTS = {
    "good": "States the asked value and compares it.",
    "invented": "The value is in none of the readings.",
    "wrong_reading": "The value belongs to another unit.",
    "filler": "Opens with filler and gives no value.",
    "markdown": "Written for a screen, not for a voice.",
    "no_value": "Does not give the value.",
    "vague": "Says nothing specific.",
    "rambling": "Far too long for a spoken answer.",
}


def judge_body(
    rng: Random, transcript: str, answer: SimulatedAnswer, plan: Plan
) -> dict[str, object]:
    """The judge's fields on the spoken text, the plan and each widget."""
    body: dict[str, object] = {
        **plan_verdict(rng, 0.5 * answer.quality + 0.5 * plan.quality, plan),
        "voice_evaluation_confidence": _near(rng, answer.quality),
        "voice_evaluation_reasoning": _VOICE_VERDICTS[answer.kind],
        "voice_dimension_scores_claude": _dimensions(rng, transcript, answer),
    }
    if plan.missing:
        body["suggested_improvements"] = [f"add {name}" for name in plan.missing]
    return body


def plan_verdict(rng: Random, value: float, plan: Plan) -> dict[str, object]:
    """The judge's fields on a plan with the true `value` (0..1), and on each widget."""
    return {
        "evaluation_confidence": _near(rng, value),
        "evaluation_reasoning": "Fits the question." if value > 0.5 else "Misses the question.",
        "query_understanding": "A question about one reading of one device.",
        "per_widget_feedback": [
            _widget_view(rng, index, widget) for index, widget in enumerate(plan.placed, start=1)
        ],
        "missing_widgets": list(plan.missing),
    }


def _dimensions(rng: Random, transcript: str, answer: SimulatedAnswer) -> dict[str, float]:
    rules = text_quality(answer.text, transcript)
    grounded = 0.1 if answer.kind in _UNTRUE else rules.groundedness
    return {
        "groundedness": _near(rng, grounded),
        "conciseness": _near(rng, rules.conciseness),
        "directness": _near(rng, rules.directness),
        "specificity": _near(rng, rules.specificity),
        "tts_friendliness": _near(rng, rules.tts_friendliness),
    }


def _widget_view(rng: Random, position: int, widget: Placed) -> dict[str, object]:
    issues = [] if widget.fit > 0.4 else ["does not answer the question"]
    if not widget.size_fits:
        issues.append("wrong size")
    return {
        "widget_index": position,
        "widget_type": widget.scenario,
        "appropriateness_score": _near(rng, widget.fit),
        "size_appropriate": widget.size_fits,
        "issues": issues,
        "strengths": ["on topic"] if widget.fit > 0.6 else [],
    }


def _near(rng: Random, truth: float) -> float:
    return round(min(0.98, max(0.02, rng.gauss(truth, 0.05))), 2)
