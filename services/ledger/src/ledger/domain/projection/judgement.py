"""A judge's figures as columns, by topic: what was not said has no topic."""

from typing import Any

from ledger.domain.values import numbers, plain
from ratchet.contract import Judgement, WidgetJudgement

_MOST = 20

Topics = dict[str, dict[str, Any]]


def judged_columns(told: Judgement) -> Topics:
    said = {
        "follow_up": told.follow_up_type,
        "evaluation_confidence": told.evaluation_confidence,
        "query_understanding": _text(told.query_understanding),
        "voice_rating": told.voice_response_rating,
        "voice_confidence": told.voice_evaluation_confidence,
        "voice_scores": numbers(told.voice_dimension_scores_claude, _MOST),
        "missing_widgets": _missing(told.missing_widgets),
    }
    topics: Topics = {topic: {topic: value} for topic, value in said.items() if value is not None}
    if told.per_widget_feedback is not None:
        topics["widgets_judged"] = _widgets(told.per_widget_feedback)
    return topics


def _text(told: str | None) -> str | None:
    return None if told is None else plain(told)


def _missing(told: tuple[str, ...] | None) -> list[str] | None:
    return None if told is None else [plain(name, 100) for name in told[:_MOST]]


def _widgets(judged: tuple[WidgetJudgement, ...]) -> dict[str, Any]:
    """`widget_score` is the mean of the scores given, None without one."""
    scores = [j.appropriateness_score for j in judged if j.appropriateness_score is not None]
    return {
        "widgets_judged": len(judged),
        "widget_score": round(sum(scores) / len(scores), 6) if scores else None,
    }
