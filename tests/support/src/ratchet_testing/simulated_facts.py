"""The events that ingest would publish for a simulation."""

from collections.abc import Iterable

from ratchet.contract import Experience, ExperienceRecorded, Feedback, FeedbackReceived, derived_id
from simulator import Turn
from simulator.turn import timeline

Fact = ExperienceRecorded | FeedbackReceived


def facts_of(turns: Iterable[Turn]) -> list[Fact]:
    """Return one event per client call, in order; the same turns give the same ids."""
    facts: list[Fact] = []
    for number, call in enumerate(timeline(turns)):
        envelope = {"event_id": derived_id("simulated", str(number)), "occurred_at": call.at}
        if call.path == "/v1/experiences":
            experience = Experience.model_validate(call.body)
            facts.append(ExperienceRecorded.model_validate({**envelope, "experience": experience}))
        else:
            feedback = Feedback.model_validate(call.body)
            facts.append(FeedbackReceived.model_validate({**envelope, "feedback": feedback}))
    return facts
