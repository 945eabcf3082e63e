"""A canary word in every text field of one simulated operator."""

from collections.abc import Sequence

from ratchet.contract import ExperienceRecorded
from ratchet.storage import query_ids_of
from ratchet_testing.simulated_facts import Fact

CANARY = "Xylocarpus"
USER = f"{CANARY}-user"


def with_canary(facts: Sequence[Fact]) -> tuple[list[Fact], set[str]]:
    """Return `facts` with one operator renamed to `USER`, and the query ids of that operator."""
    recorded = [fact.experience for fact in facts if isinstance(fact, ExperienceRecorded)]
    user = max(each.user_id for each in recorded)
    theirs = {each.query_id for each in recorded if each.user_id == user}
    said = [fact if theirs.isdisjoint(query_ids_of(fact)) else _said(fact) for fact in facts]
    return said, theirs


def _said(fact: Fact) -> Fact:
    if isinstance(fact, ExperienceRecorded):
        told = fact.experience
        said = {
            "user_id": USER,
            "transcript": f"{told.transcript} {CANARY}?",
            "voice_response": f"{told.voice_response or 'Pump 001 draws 45 kW.'} {CANARY}.",
        }
        return fact.model_copy(update={"experience": told.model_copy(update=said)})
    said = {"correction": f"I meant {CANARY}", "evaluation_reasoning": CANARY}
    return fact.model_copy(update={"feedback": fact.feedback.model_copy(update=said)})
