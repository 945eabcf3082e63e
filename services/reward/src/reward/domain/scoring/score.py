"""One answer's reward: components, total, and one reward per aspect with its own sign."""

from typing import Literal, NamedTuple

from ratchet.contract import FollowUp
from ratchet.measures import TextQuality, blended
from reward.domain.scoring import components
from reward.domain.scoring.reaction import Reaction, WidgetVerdict
from reward.domain.scoring.weights import CONTRACT, Bounds, Weights
from reward.domain.state.answer import Answer
from reward.domain.state.warnings import Oddity

VoiceRating = Literal["good", "bad"]


class Score(NamedTuple):
    """`components` are weighted: they sum to `total` before it is clipped to the bounds."""

    total: float
    components: dict[str, float]
    widget_reward: float | None
    voice_reward: float | None
    voice_rating: VoiceRating | None
    text_quality: TextQuality | None
    oddities: tuple[Oddity, ...]


def score(
    answer: Answer,
    said: Reaction,
    weights: Weights,
    bounds: Bounds = CONTRACT,
    follow_up: FollowUp | None = None,
) -> Score:
    """Score `answer` by everything `said`; `follow_up` was read from the next question."""
    count = len(answer.widgets)
    judged = [verdict for verdict in said.judged or () if verdict.position < count]
    touches = said.touches or ()
    missing = len(said.missing or ()) if count else 0
    quality = answer.quality and blended(answer.quality, said.voice_dimensions)
    weighted = {
        "explicit_rating": weights.explicit_rating * components.explicit_rating(said.rating),
        "follow_up_type": weights.follow_up_type
        * components.follow_up_type(said.follow_up_type or follow_up, bounds),
        "widget_engagement": weights.widget_engagement
        * components.widget_engagement(touches, count, bounds),
        "response_latency": weights.response_latency
        * components.response_latency(answer.latency_ms, bounds),
        "intent_confidence": weights.intent_confidence
        * components.intent_confidence(answer.confidence, said.rating, bounds),
        "evaluation_confidence_boost": weights.evaluation_confidence_boost
        * components.evaluation_confidence_boost(said.evaluation_confidence, said.rating, bounds),
        "per_widget_appropriateness": weights.per_widget_appropriateness
        * components.per_widget_appropriateness(judged),
        "missing_widget_penalty": weights.missing_widget_penalty
        * components.missing_widget_penalty(missing, bounds)
        + 0.0,
        "size_appropriateness": weights.size_appropriateness
        * components.size_appropriateness(judged),
        "text_quality": weights.text_quality
        * components.text_quality(quality.total if quality else None),
    }
    rating = voice_rating(said, bounds) if quality else None
    return Score(
        total=_clip(sum(weighted.values()), bounds),
        components=weighted,
        widget_reward=_widget_reward(weighted, said, judged, bounds) if count else None,
        voice_reward=_voice_reward(said, rating, quality, bounds) if quality and rating else None,
        voice_rating=rating,
        text_quality=quality,
        oddities=_oddities(said, judged, count),
    )


def voice_rating(said: Reaction, bounds: Bounds = CONTRACT) -> VoiceRating | None:
    """The judge beats the thumb: great widgets with a bad voice are up and bad."""
    if said.voice_evaluation_confidence is not None:
        return "good" if said.voice_evaluation_confidence >= bounds.good_voice_from else "bad"
    if said.rating is not None:
        return "good" if said.rating == "up" else "bad"
    return said.voice_response_rating


def _voice_reward(
    said: Reaction, rating: VoiceRating, quality: TextQuality, bounds: Bounds
) -> float:
    """The verdict on the spoken text in [-1, 1], moved by how good the text is by rule."""
    if said.voice_evaluation_confidence is not None:
        verdict = 2 * said.voice_evaluation_confidence - 1
    else:
        verdict = 1.0 if rating == "good" else -1.0
    return _clip(verdict + quality.total - 0.5, bounds)


def _widget_reward(
    weighted: dict[str, float], said: Reaction, judged: list[WidgetVerdict], bounds: Bounds
) -> float | None:
    """The widgets' own components; the thumb speaks for them only where no judge did."""
    own = (
        weighted["widget_engagement"]
        + weighted["per_widget_appropriateness"]
        + weighted["missing_widget_penalty"]
        + weighted["size_appropriateness"]
    )
    if judged:
        return _clip(own, bounds)
    return _clip(own + weighted["explicit_rating"], bounds) if said.rating is not None else None


def _oddities(said: Reaction, judged: list[WidgetVerdict], count: int) -> tuple[Oddity, ...]:
    found = said.oddities or ()
    if said.judged and len(judged) < len(said.judged):
        found += (Oddity.JUDGEMENT_OUTSIDE_PLAN,)
    if any(verdict.score is None for verdict in judged):
        found += (Oddity.JUDGEMENT_WITHOUT_SCORE,)
    if said.touches and max(said.touches).position >= count:
        found += (Oddity.TOUCH_OUTSIDE_PLAN,)
    return found


def _clip(value: float, bounds: Bounds) -> float:
    return max(bounds.low, min(bounds.high, value))
