"""Corrections: an operator's description of the right answer, or a judge's of the right plan."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from ratchet.contract import (
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
    QueryId,
    UserId,
    derived_id,
)

_FIELDS = ("correction", "correction_text", "per_widget_feedback", "missing_widgets")
_EVENTS: dict[str, type[FeedbackReceived | ExperienceRecorded]] = {
    "FeedbackReceived": FeedbackReceived,
    "ExperienceRecorded": ExperienceRecorded,
}
_NEXT = timedelta(microseconds=1)


class Correction(BaseModel):
    """The correction of the answer to `query_id`."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    query_id: QueryId
    correction_text: str = Field(
        max_length=500, validation_alias=AliasChoices("correction_text", "correction")
    )
    user_id: UserId = ""

    @field_validator("correction_text")
    @classmethod
    def _not_blank(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("is empty; describe the right answer")
        return text


def feedback_of(correction: Correction) -> Feedback:
    """Feedback with the correction and nothing else."""
    return Feedback(
        query_id=correction.query_id,
        user_id=correction.user_id,
        correction=correction.correction_text,
    )


def correcting_fields(body: Feedback | Experience) -> tuple[str, ...]:
    """The fields of `body` that state a better answer or plan than the one that was given."""
    return tuple(name for name in _FIELDS if getattr(body, name, None))


def body_of(event: FeedbackReceived | ExperienceRecorded) -> Feedback | Experience:
    return event.feedback if isinstance(event, FeedbackReceived) else event.experience


def approvals(
    recorded: Sequence[Mapping[str, Any]], approved_by: str, event_ids: frozenset[str] | None
) -> tuple[FeedbackReceived, ...]:
    """The corrections among the `recorded` events that wait for approval, as feedback that counts.

    Only those of `event_ids`, or all. Each counts right after the event that it approves, so that
    a later statement still replaces it. Approved twice, it is the same event.
    """
    approved = {one["caused_by"] for one in recorded if one.get("approved_by")}
    events = (_EVENTS[one["type"]].model_validate(one) for one in recorded if _waits(one))
    return tuple(
        FeedbackReceived(
            event_id=derived_id(event.event_id, "approved"),
            occurred_at=event.occurred_at + _NEXT,
            caused_by=event.event_id,
            feedback=_correction_in(body_of(event)),
            approved_by=approved_by,
        )
        for event in events
        if event.event_id not in approved and (event_ids is None or event.event_id in event_ids)
    )


def _waits(event: Mapping[str, Any]) -> bool:
    return event["type"] in _EVENTS and not event.get("may_teach", True)


def _correction_in(body: Feedback | Experience) -> Feedback:
    if isinstance(body, Feedback):
        text = body.correction
    else:
        text = body.correction_text and body.correction_text[:500]
    return Feedback(
        query_id=body.query_id,
        user_id=body.user_id,
        correction=text,
        per_widget_feedback=body.per_widget_feedback,
        missing_widgets=body.missing_widgets,
    )
