"""The calls that a gateway would have passed on for recorded answers."""

from collections.abc import Iterable, Iterator

from ratchet.contract import CallServed, ChatMessage, ExperienceRecorded, derived_id
from ratchet_testing.simulated_facts import Fact

SYSTEM = "You are the voice of the Command Center. Answer in two sentences."


def calls_of(facts: Iterable[Fact], every: int = 1) -> Iterator[CallServed]:
    """A call for the first and each `every`th spoken answer.

    In turn it names the question, the user, or nothing but the answer.
    """
    spoken = [
        fact
        for fact in facts
        if isinstance(fact, ExperienceRecorded) and fact.experience.voice_response
    ]
    for number, fact in enumerate(spoken[::every]):
        answer = fact.experience
        call_id = f"call-{answer.query_id}"
        yield CallServed(
            event_id=derived_id(call_id),
            occurred_at=answer.timestamp,
            call_id=call_id,
            interface="ollama",
            messages=(
                ChatMessage(role="system", content=SYSTEM),
                ChatMessage(role="user", content=f"{answer.query_id}: {answer.transcript}"),
            ),
            model="plant",
            text=answer.voice_response or "",
            query_id=answer.query_id if number % 3 == 0 else None,
            user_id=answer.user_id if number % 3 == 1 else "",
        )
