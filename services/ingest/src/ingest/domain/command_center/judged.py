"""What a judge's figures are called on the page."""

from typing import Any

from ledger.reading import ExperienceView


def accuracy(one: ExperienceView) -> float | None:
    """How far the spoken values are those of the data: the judge's groundedness."""
    return (one.voice_scores or {}).get("groundedness")


def evaluations(one: ExperienceView) -> dict[str, Any]:
    """`eval_rating` is a thumb that only the judge gave; no judge speaks of the latency."""
    return {
        "eval_overall": one.evaluation_confidence,
        "eval_relevance": one.widget_score,
        "eval_accuracy": accuracy(one),
        "eval_quality": one.voice_confidence,
        "eval_latency": None,
        "eval_rating": one.rating if one.feedback_source == "eval_agent" else None,
    }
