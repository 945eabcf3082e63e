"""The weight of each reward component by the product's contract, and the meaning of its value."""

from typing import NamedTuple

CONTRACT_HASH = "7846a64f1a75"
"""The `settings_hash` of rewards with these weights."""


class RewardComponent(NamedTuple):
    weight: float
    meaning: str


COMPONENTS = {
    "explicit_rating": RewardComponent(1.0, "the thumb: up is +1, down -1"),
    "follow_up_type": RewardComponent(
        0.5,
        "what came next: satisfied is +1, a new topic +0.3, a refinement -0.1, "
        "a correction -0.8, a repeat -1",
    ),
    "widget_engagement": RewardComponent(
        0.3, "the share of the widgets that were touched, and 0.2 more for a deliberate touch"
    ),
    "response_latency": RewardComponent(
        0.1, "how long the answer took: 1 at once, 0 from 3 to 6 s, -1 from 10 s"
    ),
    "intent_confidence": RewardComponent(
        0.1, "how sure the intent was, with the thumb's sign; 0.3 of it without a thumb"
    ),
    "evaluation_confidence_boost": RewardComponent(
        0.2, "how far the judge, above 0.8 or below 0.6, bears the thumb out or doubts it"
    ),
    "per_widget_appropriateness": RewardComponent(
        0.4, "the judge's mean score of the widgets, the first ones counting most, from -1 to +1"
    ),
    "missing_widget_penalty": RewardComponent(
        -0.3, "a third for each widget that was missed, at most 1"
    ),
    "size_appropriateness": RewardComponent(
        0.2, "the share of widgets of the right size, from -1 to +1"
    ),
    "text_quality": RewardComponent(0.4, "the quality of the spoken text less 0.5"),
}
