"""The simulated judge: scores close to the truth, with 1-based widget indices."""

from random import Random

from ratchet.measures import text_quality
from simulator.answers import SimulatedAnswer
from simulator.answers.false_facts import FALSE
from simulator.widgets import Placed, Plan

_UNTRUE = frozenset(FALSE)
_UNGROUNDED, _SPECIFIC = 0.1, 0.8
_VOICE_VERDICTS = {
    "good": "States the asked reading, or that there is none.",
    "invented": "The value is in none of the readings.",
    "one_digit": "One digit of the value is wrong.",
    "wrong_reading": "The value belongs to another unit.",
    "average_as_value": "The value is the average, not the present one.",
    "wrong_device": "Names another device.",
    "wrong_direction": "The comparison is the wrong way round.",
    "wrong_unit": "The unit is wrong.",
    "other_metric": "Gives another metric and does not say that the asked one is absent.",
    "refused": "Calls a reading absent that is listed.",
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
    # The rules count values: an answer that rightly says that there is none has none.
    grounded, specific = rules.groundedness, rules.specificity
    if answer.kind == "good":
        grounded, specific = answer.quality, max(_SPECIFIC, rules.specificity)
    elif answer.kind in _UNTRUE:
        grounded = _UNGROUNDED
    return {
        "groundedness": _near(rng, grounded),
        "conciseness": _near(rng, rules.conciseness),
        "directness": _near(rng, rules.directness),
        "specificity": _near(rng, specific),
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
