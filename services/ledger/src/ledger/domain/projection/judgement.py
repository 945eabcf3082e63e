"""Converts a judge's scores to columns, by topic; a missing score has no topic."""

from typing import Any

from ledger.domain.values import numbers, plain
from ratchet.contract import Judgement, WidgetJudgement

_MOST = 20

Topics = dict[str, dict[str, Any]]


def judged_columns(judgement: Judgement) -> Topics:
    values = {
        "follow_up": judgement.follow_up_type,
        "evaluation_confidence": judgement.evaluation_confidence,
        "query_understanding": _text(judgement.query_understanding),
        "voice_rating": judgement.voice_response_rating,
        "voice_confidence": judgement.voice_evaluation_confidence,
        "voice_scores": numbers(judgement.voice_dimension_scores_claude, _MOST),
        "missing_widgets": _missing(judgement.missing_widgets),
    }
    topics: Topics = {topic: {topic: value} for topic, value in values.items() if value is not None}
    if judgement.per_widget_feedback is not None:
        topics["widgets_judged"] = _widgets(judgement.per_widget_feedback)
    return topics


def _text(text: str | None) -> str | None:
    return None if text is None else plain(text)


def _missing(names: tuple[str, ...] | None) -> list[str] | None:
    return None if names is None else [plain(name, 100) for name in names[:_MOST]]


def _widgets(judged: tuple[WidgetJudgement, ...]) -> dict[str, Any]:
    """`widget_score` is the mean of the given scores, None without any."""
    scores = [j.appropriateness_score for j in judged if j.appropriateness_score is not None]
    return {
        "widgets_judged": len(judged),
        "widget_score": round(sum(scores) / len(scores), 6) if scores else None,
    }
