"""The score of one answer: weighted components, total, and one reward per aspect."""

from typing import Literal, NamedTuple

from ratchet.contract import FollowUp
from ratchet.measures import TextQuality, blended
from reward.domain.answers.reaction import AnswerReaction, WidgetScore
from reward.domain.answers.recorded_answer import RecordedAnswer
from reward.domain.answers.warnings import RewardWarning
from reward.domain.scoring import components
from reward.domain.scoring.weights import CONTRACT, RewardBounds, RewardWeights

VoiceRating = Literal["good", "bad"]
_AGENTS = 0.5
"""The share of a thumb that counts if a program gave it."""


class Score(NamedTuple):
    """`components` are weighted: they sum to `total` before it is clipped to the bounds.

    The rewards of the aspects are None without a statement about that aspect.
    """

    total: float
    components: dict[str, float]
    widget_reward: float | None
    voice_reward: float | None
    voice_rating: VoiceRating | None
    text_quality: TextQuality | None
    warnings: tuple[RewardWarning, ...]


def score_answer(
    answer: RecordedAnswer,
    reaction: AnswerReaction,
    weights: RewardWeights,
    bounds: RewardBounds = CONTRACT,
    follow_up: FollowUp | None = None,
) -> Score:
    """Score `answer` by `reaction`: total = clip(sum of weight * component, low, high).

    `follow_up` is the classification of the operator's next question; a stated follow-up type
    takes precedence.
    """
    count = len(answer.widgets)
    judged = [widget for widget in reaction.judged or () if widget.position < count]
    quality = answer.quality and blended(answer.quality, reaction.voice_dimensions)
    values = _components(answer, reaction, judged, quality, bounds, follow_up)
    weight_of = vars(weights)
    weighted = {name: weight_of[name] * value for name, value in values.items()}
    # A negative weight makes -0.0 of no missing widget, which JSON and hashes tell from 0.0.
    weighted["missing_widget_penalty"] += 0.0
    rating = voice_rating(reaction, bounds) if quality else None
    return Score(
        total=_clip(sum(weighted.values()), bounds),
        components=weighted,
        widget_reward=_widget_reward(weighted, reaction, judged, bounds) if count else None,
        voice_reward=(
            _voice_reward(reaction, rating, quality, bounds) if quality and rating else None
        ),
        voice_rating=rating,
        text_quality=quality,
        warnings=_warnings(reaction, judged, count),
    )


def voice_rating(reaction: AnswerReaction, bounds: RewardBounds = CONTRACT) -> VoiceRating | None:
    """The judge's score of the voice decides; without one the thumb; then the judge's rating.

    The thumb rates the whole answer: great widgets with a bad voice get a thumb up.
    """
    confidence, thumb = reaction.voice_evaluation_confidence, reaction.rating
    if confidence is not None:
        return "good" if confidence >= bounds.good_voice_from else "bad"
    if thumb is not None:
        return "good" if thumb == "up" else "bad"
    return reaction.voice_response_rating


def _components(
    answer: RecordedAnswer,
    reaction: AnswerReaction,
    judged: list[WidgetScore],
    quality: TextQuality | None,
    bounds: RewardBounds,
    follow_up: FollowUp | None,
) -> dict[str, float]:
    """Each component before its weight, by the name of the weight."""
    count, rating = len(answer.widgets), reaction.rating
    missing = len(reaction.missing or ()) if count else 0
    return {
        "explicit_rating": components.explicit_rating(rating) * (_AGENTS if answer.by_agent else 1),
        "follow_up_type": components.follow_up_type(reaction.follow_up_type or follow_up, bounds),
        "widget_engagement": components.widget_engagement(reaction.touches or (), count, bounds),
        "response_latency": components.response_latency(answer.latency_ms, bounds),
        "intent_confidence": components.intent_confidence(answer.confidence, rating, bounds),
        "evaluation_confidence_boost": components.evaluation_confidence_boost(
            reaction.evaluation_confidence, rating, bounds
        ),
        "per_widget_appropriateness": components.per_widget_appropriateness(judged),
        "missing_widget_penalty": components.missing_widget_penalty(missing, bounds),
        "size_appropriateness": components.size_appropriateness(judged),
        "text_quality": components.text_quality(quality.total if quality else None),
    }


def _voice_reward(
    reaction: AnswerReaction, rating: VoiceRating, quality: TextQuality, bounds: RewardBounds
) -> float:
    """clip(v + quality - 0.5): v is 2 * the judge's score - 1, or 1 or -1 by the rating."""
    if reaction.voice_evaluation_confidence is not None:
        verdict = 2 * reaction.voice_evaluation_confidence - 1
    else:
        verdict = 1.0 if rating == "good" else -1.0
    return _clip(verdict + quality.total - 0.5, bounds)


def _widget_reward(
    weighted: dict[str, float],
    reaction: AnswerReaction,
    judged: list[WidgetScore],
    bounds: RewardBounds,
) -> float | None:
    """The sum of the widgets' own components; the thumb is added where no judge scored them."""
    own = (
        weighted["widget_engagement"]
        + weighted["per_widget_appropriateness"]
        + weighted["missing_widget_penalty"]
        + weighted["size_appropriateness"]
    )
    if judged:
        return _clip(own, bounds)
    if reaction.rating is None:
        return None
    return _clip(own + weighted["explicit_rating"], bounds)


def _warnings(
    reaction: AnswerReaction, judged: list[WidgetScore], count: int
) -> tuple[RewardWarning, ...]:
    warnings, touches = reaction.warnings or (), reaction.touches
    if len(judged) < len(reaction.judged or ()):
        warnings += (RewardWarning.JUDGEMENT_OUTSIDE_PLAN,)
    if None in [widget.score for widget in judged]:
        warnings += (RewardWarning.JUDGEMENT_WITHOUT_SCORE,)
    if touches and max(touches).position >= count:
        warnings += (RewardWarning.TOUCH_OUTSIDE_PLAN,)
    return warnings


def _clip(value: float, bounds: RewardBounds) -> float:
    low, high = bounds.low, bounds.high
    return low if value < low else high if value > high else value
