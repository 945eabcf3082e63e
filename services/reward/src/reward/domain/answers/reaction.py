"""The reaction of operator and judge to an answer, reduced to what a reward uses."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from pydantic import Field

from ratchet.contract import (
    Experience,
    Feedback,
    FollowUp,
    Judgement,
    Rating,
    Statement,
    WidgetInteraction,
    WidgetJudgement,
)
from ratchet.measures import scenario_named
from reward.domain.answers.stored_value import StoredValue
from reward.domain.answers.warnings import RewardWarning

_DELIBERATE = {"expand", "scroll", "click", "drill_down"}
_DIMENSIONS = ("groundedness", "conciseness", "directness", "specificity", "tts_friendliness")
_LARGER = ("too small", "larger", "bigger", "more space", "enlarge")
_SMALLER = ("too large", "too big", "smaller", "less space", "oversized", "shrink")
_REPAIRING = ("judged", "missing")
_MARK = "waits:"
_MAX_TOUCHES = 100
_MAX_JUDGED = 50
_MAX_MISSING = 20
_MAX_TEXT = 100
_MAX_CORRECTION = 500


class WidgetTouch(NamedTuple):
    """An interaction with the widget at `position`, from 0; viewing alone is not `deliberate`."""

    position: int
    deliberate: bool


class WidgetScore(NamedTuple):
    """The judge's scores of the widget at `position`, from 0; `wanted` is the size it suggests."""

    position: int
    score: float | None
    size_fits: bool | None
    wanted: Literal["larger", "smaller"] | None


class AnswerReaction(StoredValue):
    """The latest statement per field. None is no statement; an empty tuple states "none".

    With `may_repair` false no example is made of a repaired plan.
    """

    rating: Rating | None = None
    follow_up_type: FollowUp | None = None
    touches: tuple[WidgetTouch, ...] | None = None
    correction: str | None = None
    evaluation_confidence: float | None = None
    judged: tuple[WidgetScore, ...] | None = None
    missing: tuple[str, ...] | None = None
    voice_response_rating: Literal["good", "bad"] | None = None
    voice_evaluation_confidence: float | None = None
    voice_dimensions: dict[str, float] | None = None
    may_repair: bool = True
    warnings: tuple[RewardWarning, ...] | None = Field(default=None, alias="oddities")


def statements_of(source: Feedback | Experience, may_teach: bool = True) -> dict[str, Any]:
    """The fields of an `AnswerReaction` that `source` states, as JSON values.

    Unless it `may_teach`, each field that a plan is repaired with has a mark: it counts as long
    as that field's latest statement is of the same event.
    """
    warnings: set[RewardWarning] = set()
    statements = dict(_by_operator(source)) | dict(_by_judge(source, warnings))
    if not may_teach:
        statements |= {_MARK + topic: True for topic in _REPAIRING if topic in statements}
    if warnings:
        statements["oddities"] = sorted(warnings)
    return statements


def reaction_to(statements: Mapping[str, Statement]) -> dict[str, Any]:
    """The fields of the `AnswerReaction` that the latest `statements` per topic make."""
    values = {t: one.value for t, one in statements.items() if not t.startswith(_MARK)}
    for topic in _REPAIRING:
        mark, stated = statements.get(_MARK + topic), statements.get(topic)
        if mark is not None and stated is not None and mark.stamp == stated.stamp:
            values["may_repair"] = False
    return values


def _by_operator(source: Feedback | Experience) -> Iterator[tuple[str, Any]]:
    if isinstance(source, Feedback):
        rating, touches, correction = source.rating, source.interactions, source.correction
    else:
        rating, touches = source.user_rating, source.widget_interactions
        correction = source.correction_text
    if rating is not None:
        yield "rating", rating
    if touches is not None:
        yield "touches", _touches(touches)
    if correction:
        yield "correction", correction[:_MAX_CORRECTION]


def _by_judge(judgement: Judgement, warnings: set[RewardWarning]) -> Iterator[tuple[str, Any]]:
    for field in (
        "follow_up_type",
        "evaluation_confidence",
        "voice_response_rating",
        "voice_evaluation_confidence",
    ):
        value = getattr(judgement, field)
        if value is not None:
            yield field, value
    widgets = judgement.per_widget_feedback
    if widgets is not None:
        if len(widgets) > _MAX_JUDGED:
            warnings.add(RewardWarning.LONG_FEEDBACK)
        yield "judged", [_widget_score(widget) for widget in widgets[:_MAX_JUDGED]]
    if judgement.missing_widgets is not None:
        yield "missing", _missing(judgement.missing_widgets, warnings)
    dimensions = judgement.voice_dimension_scores_claude
    if dimensions:
        scores = {
            name: value
            for name, value in dimensions.items()
            if name in _DIMENSIONS and _is_share(value)
        }
        if len(scores) < len(dimensions):
            warnings.add(RewardWarning.UNREADABLE_DIMENSION)
        yield "voice_dimensions", scores


def _missing(names: tuple[str, ...], warnings: set[RewardWarning]) -> list[str]:
    if len(names) > _MAX_MISSING:
        warnings.add(RewardWarning.LONG_FEEDBACK)
    missing = [name[:_MAX_TEXT] for name in names[:_MAX_MISSING]]
    if any(scenario_named(name) is None for name in missing):
        warnings.add(RewardWarning.UNKNOWN_MISSING_WIDGET)
    return missing


def _touches(interactions: tuple[WidgetInteraction, ...]) -> list[WidgetTouch]:
    distinct = {WidgetTouch(t.widget_index, t.action in _DELIBERATE) for t in interactions}
    return sorted(distinct)[:_MAX_TOUCHES]


def _widget_score(judged: WidgetJudgement) -> WidgetScore:
    return WidgetScore(
        judged.position, judged.appropriateness_score, judged.size_appropriate, _wanted(judged)
    )


def _wanted(judged: WidgetJudgement) -> Literal["larger", "smaller"] | None:
    if not judged.issues:
        return None
    issues = " ".join(issue[:_MAX_TEXT] for issue in judged.issues[:_MAX_MISSING]).lower()
    if any(word in issues for word in _LARGER):
        return "larger"
    return "smaller" if any(word in issues for word in _SMALLER) else None


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
