"""What is known about one answered question: a fold over facts that come in any order."""

from datetime import datetime
from typing import Any

from pydantic import Field

from ratchet.events.base import Value
from ratchet.events.experience import Experience, ExperienceRecorded, Feedback, FeedbackReceived

_SAID_WITH_THE_ANSWER = {
    "rating": "user_rating",
    "interactions": "widget_interactions",
    "correction": "correction_text",
}
_IDENTITY = {"query_id", "user_id"}


class Said(Value):
    """One value and when it was said; of two, the later counts, and the id breaks a tie."""

    at: datetime
    event_id: str
    value: Any

    def beats(self, other: "Said | None") -> bool:
        return other is None or (self.at, self.event_id) > (other.at, other.event_id)


class Facts(Value):
    """The fold: `experience` is None until it arrives; `said` holds the last word per field."""

    experience: Experience | None = None
    recorded: Said | None = None
    said: dict[str, Said] = Field(default_factory=dict)

    def feedback(self, query_id: str) -> Feedback:
        """Everything said so far, as one feedback."""
        return Feedback.model_validate(
            {"query_id": query_id, **{field: word.value for field, word in self.said.items()}}
        )


def absorb(facts: Facts, event: ExperienceRecorded | FeedbackReceived) -> Facts:
    """Add one fact; any order and repetition of the same facts ends in the same `Facts`."""
    if isinstance(event, FeedbackReceived):
        return facts.model_copy(update={"said": _merge(facts.said, event, event.feedback)})
    experience = event.experience
    told = Feedback(
        query_id=experience.query_id,
        **{
            field: getattr(experience, _SAID_WITH_THE_ANSWER.get(field, field))
            for field in Feedback.model_fields
            if field not in _IDENTITY
        },
    )
    said = _merge(facts.said, event, told)
    recorded = Said(at=event.occurred_at, event_id=event.event_id, value=None)
    if not recorded.beats(facts.recorded):
        return facts.model_copy(update={"said": said})
    return facts.model_copy(update={"experience": experience, "recorded": recorded, "said": said})


def _merge(
    said: dict[str, Said], event: ExperienceRecorded | FeedbackReceived, told: Feedback
) -> dict[str, Said]:
    merged = dict(said)
    for field, value in told.model_dump(mode="json", exclude=_IDENTITY, exclude_none=True).items():
        word = Said(at=event.occurred_at, event_id=event.event_id, value=value)
        if word.beats(merged.get(field)):
            merged[field] = word
    return merged
