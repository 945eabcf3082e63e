"""What people and the judge say about an answer, reduced to what a reward can use."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from ratchet.contract import (
    Experience,
    Feedback,
    FollowUp,
    Judgement,
    Rating,
    Value,
    WidgetInteraction,
    WidgetJudgement,
)
from ratchet.measures import scenario_named
from reward.domain.state.warnings import Oddity

_DELIBERATE = {"expand", "scroll", "click", "drill_down"}
_DIMENSIONS = ("groundedness", "conciseness", "directness", "specificity", "tts_friendliness")
_LARGER = ("too small", "larger", "bigger", "more space", "enlarge")
_SMALLER = ("too large", "too big", "smaller", "less space", "oversized", "shrink")
_MAX_TOUCHES = 100
_MAX_JUDGED = 50
_MAX_MISSING = 20
_MAX_TEXT = 100
_MAX_CORRECTION = 500


class Touch(NamedTuple):
    """`position` counts from 0; `deliberate` where it was more than a view."""

    position: int
    deliberate: bool


class WidgetVerdict(NamedTuple):
    """The judge on the widget at `position`, counted from 0; `wanted` as its issues put it."""

    position: int
    score: float | None
    size_fits: bool | None
    wanted: Literal["larger", "smaller"] | None


class Reaction(Value):
    """None means that nothing was said; an empty tuple, that nothing was found."""

    rating: Rating | None = None
    follow_up_type: FollowUp | None = None
    touches: tuple[Touch, ...] | None = None
    correction: str | None = None
    evaluation_confidence: float | None = None
    judged: tuple[WidgetVerdict, ...] | None = None
    missing: tuple[str, ...] | None = None
    voice_response_rating: Literal["good", "bad"] | None = None
    voice_evaluation_confidence: float | None = None
    voice_dimensions: dict[str, float] | None = None
    oddities: tuple[Oddity, ...] | None = None


def words_of(said: Feedback | Experience) -> dict[str, Any]:
    """The fields of a `Reaction` that `said` speaks about, as JSON values."""
    odd: set[Oddity] = set()
    words = dict(_own_words(said)) | dict(_judge_words(said, odd))
    if odd:
        words["oddities"] = sorted(odd)
    return words


def _own_words(said: Feedback | Experience) -> Iterator[tuple[str, Any]]:
    if isinstance(said, Feedback):
        rating, touches, correction = said.rating, said.interactions, said.correction
    else:
        rating, touches = said.user_rating, said.widget_interactions
        correction = said.correction_text
    if rating is not None:
        yield "rating", rating
    if touches is not None:
        yield "touches", _touches(touches)
    if correction:
        yield "correction", correction[:_MAX_CORRECTION]


def _judge_words(said: Judgement, odd: set[Oddity]) -> Iterator[tuple[str, Any]]:
    for field in (
        "follow_up_type",
        "evaluation_confidence",
        "voice_response_rating",
        "voice_evaluation_confidence",
    ):
        value = getattr(said, field)
        if value is not None:
            yield field, value
    if said.per_widget_feedback is not None:
        if len(said.per_widget_feedback) > _MAX_JUDGED:
            odd.add(Oddity.LONG_FEEDBACK)
        yield "judged", [_verdict(widget) for widget in said.per_widget_feedback[:_MAX_JUDGED]]
    if said.missing_widgets is not None:
        if len(said.missing_widgets) > _MAX_MISSING:
            odd.add(Oddity.LONG_FEEDBACK)
        missing = [name[:_MAX_TEXT] for name in said.missing_widgets[:_MAX_MISSING]]
        if any(scenario_named(name) is None for name in missing):
            odd.add(Oddity.UNKNOWN_MISSING_WIDGET)
        yield "missing", missing
    if said.voice_dimension_scores_claude:
        scores = {
            name: value
            for name, value in said.voice_dimension_scores_claude.items()
            if name in _DIMENSIONS and _is_share(value)
        }
        if len(scores) < len(said.voice_dimension_scores_claude):
            odd.add(Oddity.UNREADABLE_DIMENSION)
        yield "voice_dimensions", scores


def _touches(interactions: tuple[WidgetInteraction, ...]) -> list[Touch]:
    distinct = {Touch(t.widget_index, t.action in _DELIBERATE) for t in interactions}
    return sorted(distinct)[:_MAX_TOUCHES]


def _verdict(judged: WidgetJudgement) -> WidgetVerdict:
    return WidgetVerdict(
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
