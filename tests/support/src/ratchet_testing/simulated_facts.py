"""The facts of a simulation as events, without a service in between."""

from collections.abc import Iterable

from ratchet.contract import Experience, ExperienceRecorded, Feedback, FeedbackReceived, derived_id
from simulator import Turn
from simulator.timeline import timeline

Fact = ExperienceRecorded | FeedbackReceived


def facts_of(turns: Iterable[Turn]) -> list[Fact]:
    """One event for each call a client would make, in order; the same turns give the same ids."""
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
