"""Projects what a judge states about an experience."""

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.domain.projection.changes import ColumnUpdate
from ledger.domain.values import numbers, plain
from ratchet.contract import Judgement, Stamp, WidgetJudgement

_JUDGED = (
    "evaluation_reasoning", "query_understanding", "per_widget_feedback", "missing_widgets",
    "suggested_improvements", "voice_evaluation_reasoning", "voice_dimension_scores_claude",
)  # fmt: skip
_MOST_JUDGED = 20
Topics = dict[str, dict[str, Any]]


def judge_updates(
    stamp: Stamp, judged: Mapping[str, Mapping[str, Any]], by_judge: bool
) -> Iterator[ColumnUpdate]:
    """An empty value is a statement only beside the judge's other ones: nobody misses a widget."""
    for topic, columns in judged.items():
        if by_judge or columns[topic]:
            yield ColumnUpdate(topic, stamp, columns)
    if by_judge:
        yield ColumnUpdate("by_judge", stamp, {"by_judge": True})


def has_judged(said: Judgement, rating: str | None) -> bool:
    """Whether a judge stated something; older rows have empty values where none did.

    A rating of the voice beside a thumb follows from the thumb.
    """
    return said.evaluation_confidence is not None or (
        said.voice_evaluation_confidence is not None
        or bool(said.voice_response_rating and rating is None)
        or any(getattr(said, name) for name in _JUDGED)
    )


def judged_columns(judgement: Judgement) -> Topics:
    values = {
        "follow_up": judgement.follow_up_type,
        "evaluation_confidence": judgement.evaluation_confidence,
        "query_understanding": _text(judgement.query_understanding),
        "voice_rating": judgement.voice_response_rating,
        "voice_confidence": judgement.voice_evaluation_confidence,
        "voice_scores": numbers(judgement.voice_dimension_scores_claude, _MOST_JUDGED),
        "missing_widgets": _missing(judgement.missing_widgets),
    }
    topics: Topics = {topic: {topic: value} for topic, value in values.items() if value is not None}
    if judgement.per_widget_feedback is not None:
        topics["widgets_judged"] = _widgets(judgement.per_widget_feedback)
    return topics


def _text(text: str | None) -> str | None:
    return None if text is None else plain(text)


def _missing(names: tuple[str, ...] | None) -> list[str] | None:
    return None if names is None else [plain(name, 100) for name in names[:_MOST_JUDGED]]


def _widgets(judged: tuple[WidgetJudgement, ...]) -> dict[str, Any]:
    """`widget_score` is the mean of the given scores, None without any."""
    scores = [j.appropriateness_score for j in judged if j.appropriateness_score is not None]
    return {
        "widgets_judged": len(judged),
        "widget_score": round(sum(scores) / len(scores), 6) if scores else None,
    }
