"""Explains a reward: the value, the weight and the meaning of each component."""

from dataclasses import dataclass
from typing import Any

from ingest.domain.command_center.weights import COMPONENTS, CONTRACT_HASH
from ledger.reading import StoredEvent


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
        warnings=tuple(body.get("warnings", ())),
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
    reaction = body.get(field)
    return f"it was {reaction.replace('_', ' ')}, " if reaction else "there was none, "
