"""Explains a reward: the value, the weight and the meaning of each component by the contract."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from ledger.reading.details import ExperienceDetails
from ledger.reading.views import ExampleView, ExperienceView, ModelView, StoredEvent

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


@dataclass(frozen=True)
class ExplainedComponent:
    """`contribution` is `weight` times `value`; both are null for a reward by other weights."""

    name: str
    weight: float | None
    value: float | None
    contribution: float
    sentence: str


@dataclass(frozen=True)
class ExplainedReward:
    """The contributions sum up to `total` before it is clipped to [-2, 2]."""

    revision: int
    occurred_at: str
    total: float
    sum: float
    widget_reward: float | None
    voice_reward: float | None
    voice_response_rating: str | None
    settings_hash: str
    warnings: tuple[str, ...]
    components: tuple[ExplainedComponent, ...]


@dataclass(frozen=True)
class ExplainedExperience:
    """`facts` and `revisions` are in order of time; `reward` explains the last revision."""

    experience: ExperienceView
    reward: ExplainedReward | None
    facts: tuple[StoredEvent, ...]
    revisions: tuple[ExplainedReward, ...]
    examples: tuple[ExampleView, ...]
    models: tuple[ModelView, ...]

    @classmethod
    def of(cls, story: ExperienceDetails) -> "ExplainedExperience":
        revisions = tuple(explain(event) for event in story.revisions)
        return cls(
            experience=story.experience,
            reward=revisions[-1] if revisions else None,
            facts=story.facts,
            revisions=revisions,
            examples=story.examples,
            models=story.models,
        )


def explain(scored: StoredEvent) -> ExplainedReward:
    """`scored` is an ExperienceScored."""
    body = scored.body
    components = body["components"]
    return ExplainedReward(
        revision=body["revision"],
        occurred_at=scored.occurred_at.isoformat(),
        total=body["total"],
        sum=sum(components.values()),
        widget_reward=body.get("widget_reward"),
        voice_reward=body.get("voice_reward"),
        voice_response_rating=body.get("voice_response_rating"),
        settings_hash=body["settings_hash"],
        # An answer without widgets is complete where the assistant shows none.
        warnings=tuple(one for one in body.get("warnings", ()) if one != "no_plan"),
        components=tuple(_component(name, value, body) for name, value in components.items()),
    )


def _component(name: str, contribution: float, body: dict[str, Any]) -> ExplainedComponent:
    known = COMPONENTS.get(name)
    if known is None or body["settings_hash"] != CONTRACT_HASH:
        sentence = (
            f"{contribution:+.3f} by settings {body['settings_hash']!r}, which are not those of "
            "the contract: see RATCHET_REWARD_WEIGHTS and _BOUNDS of the reward service"
        )
        return ExplainedComponent(name, None, None, contribution, sentence)
    value = contribution / known.weight + 0.0
    sentence = (
        f"{known.meaning}; {_observation(name, body)}"
        f"{value:+.3f} times {known.weight:g} makes {contribution:+.3f}"
    )
    return ExplainedComponent(name, known.weight, value, contribution, sentence)


def _observation(name: str, body: dict[str, Any]) -> str:
    field = {"explicit_rating": "rating", "follow_up_type": "follow_up"}.get(name)
    if field is None:
        return ""
    reaction, reason = body.get(field), body.get(f"{field}_reason")
    observed = f"it was {reaction.replace('_', ' ')}" if reaction else "there was none"
    return f"{observed} ({reason}), " if reason else f"{observed}, "
