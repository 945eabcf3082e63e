"""The events of what clients send about answers."""

from datetime import datetime

from ingest.domain.corrections import Correction, feedback_of
from ratchet.contract import Event, Experience, ExperienceRecorded, Feedback, FeedbackReceived


def experience_recorded(experience: Experience, event_id: str, occurred_at: datetime) -> Event:
    return ExperienceRecorded(event_id=event_id, occurred_at=occurred_at, experience=experience)


def feedback_received(feedback: Feedback, event_id: str, occurred_at: datetime) -> Event:
    return FeedbackReceived(event_id=event_id, occurred_at=occurred_at, feedback=feedback)


def correction_received(correction: Correction, event_id: str, occurred_at: datetime) -> Event:
    return feedback_received(feedback_of(correction), event_id, occurred_at)
