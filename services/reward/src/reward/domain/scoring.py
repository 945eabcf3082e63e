"""One experience's reward: components, total, and one reward per aspect with its own sign."""

from typing import Literal

from pydantic import Field

from ratchet.events.base import Value
from ratchet.events.experience import Experience, Feedback
from ratchet.measures.text_quality import TextQuality
from ratchet.measures.text_quality import text_quality as measure_text
from reward.domain import components

VoiceRating = Literal["good", "bad"]


class Weights(Value):
    """Weight of each component in the total, as the product's contract gives them."""

    explicit_rating: float = 1.0
    follow_up_type: float = 0.5
    widget_engagement: float = 0.3
    response_latency: float = 0.1
    intent_confidence: float = 0.1
    evaluation_confidence_boost: float = 0.2
    per_widget_appropriateness: float = 0.4
    missing_widget_penalty: float = -0.3
    size_appropriateness: float = 0.2
    text_quality: float = 0.4


class Score(Value):
    """`components` are weighted: they sum to `total` before it is clipped to [-2, 2]."""

    total: float = Field(ge=-2, le=2)
    components: dict[str, float]
    widget_reward: float | None
    voice_reward: float | None
    voice_rating: VoiceRating | None
    text_quality: dict[str, float] | None


def score(experience: Experience, said: Feedback, weights: Weights) -> Score:
    """Score `experience` by everything `said` about it."""
    plan = experience.widget_plan.widgets
    quality = _quality(experience, said)
    values = {
        "explicit_rating": components.explicit_rating(said.rating),
        "follow_up_type": components.follow_up_type(said.follow_up_type),
        "widget_engagement": components.widget_engagement(said.interactions, len(plan)),
        "response_latency": components.response_latency(experience.processing_time_ms),
        "intent_confidence": components.intent_confidence(
            experience.intent_confidence, said.rating
        ),
        "evaluation_confidence_boost": components.evaluation_confidence_boost(
            said.evaluation_confidence, said.rating
        ),
        "per_widget_appropriateness": components.per_widget_appropriateness(
            said.per_widget_feedback if plan else None
        ),
        "missing_widget_penalty": components.missing_widget_penalty(
            said.missing_widgets if plan else None
        ),
        "size_appropriateness": components.size_appropriateness(
            said.per_widget_feedback if plan else None
        ),
        "text_quality": components.text_quality(quality.total if quality else None),
    }
    weighted = {name: getattr(weights, name) * value for name, value in values.items()}
    rating = voice_rating(said) if quality else None
    return Score(
        total=_clip(sum(weighted.values())),
        components=weighted,
        widget_reward=_widget_reward(weighted, said) if plan else None,
        voice_reward=_voice_reward(said, quality) if quality and rating else None,
        voice_rating=rating,
        text_quality=_as_dict(quality) if quality else None,
    )


def voice_rating(said: Feedback) -> VoiceRating | None:
    """The judge beats the thumb: great widgets with a bad voice are up and bad."""
    if said.voice_evaluation_confidence is not None:
        return "good" if said.voice_evaluation_confidence >= 0.5 else "bad"
    if said.rating is not None:
        return "good" if said.rating == "up" else "bad"
    return said.voice_response_rating


def _voice_reward(said: Feedback, quality: TextQuality) -> float:
    """The verdict on the spoken text in [-1, 1], moved by how good the text is by rule."""
    if said.voice_evaluation_confidence is not None:
        verdict = 2 * said.voice_evaluation_confidence - 1
    else:
        verdict = 1.0 if voice_rating(said) == "good" else -1.0
    return _clip(verdict + quality.total - 0.5)


def _widget_reward(weighted: dict[str, float], said: Feedback) -> float | None:
    """The widgets' own components; the thumb speaks for them only where no judge did."""
    own = (
        weighted["widget_engagement"]
        + weighted["per_widget_appropriateness"]
        + weighted["missing_widget_penalty"]
        + weighted["size_appropriateness"]
    )
    if said.per_widget_feedback:
        return _clip(own)
    return _clip(own + weighted["explicit_rating"]) if said.rating is not None else None


def _quality(experience: Experience, said: Feedback) -> TextQuality | None:
    if not experience.voice_response:
        return None
    return measure_text(
        experience.voice_response, experience.transcript, said.voice_dimension_scores_claude
    )


def _as_dict(quality: TextQuality) -> dict[str, float]:
    return {
        "groundedness": quality.groundedness,
        "conciseness": quality.conciseness,
        "directness": quality.directness,
        "specificity": quality.specificity,
        "tts_friendliness": quality.tts_friendliness,
        "total": quality.total,
    }


def _clip(value: float) -> float:
    return max(-2.0, min(2.0, value))
