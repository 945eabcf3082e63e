"""A call that may have made an answer, as it is stored."""

from typing import NamedTuple

from ratchet.contract import CallServed, ChatMessage, derived_id, microseconds
from ratchet.measures import identity_of
from ratchet_text import person_named
from reward.domain.answers.stored_value import StoredValue

MAX_PROMPT = 20_000
"""The longest prompt in characters that is stored; a longer one joins nothing."""


class CallReference(NamedTuple):
    """What decides whether a call made an answer.

    `at` is in microseconds; `spoken`, `plan` and `prompt` identify its answer and its messages.
    `prose` is false for an answer in JSON.
    """

    at: int
    call_id: str
    query_id: str
    user_id: str
    spoken: str
    plan: str
    prompt: str
    prose: bool


class ServedCall(StoredValue):
    """A call with its messages. `answers` are the query ids that it was joined to."""

    reference: CallReference
    messages: tuple[ChatMessage, ...]
    answers: tuple[str, ...] = ()

    def joined_to(self, query_id: str) -> "ServedCall":
        if query_id in self.answers:
            return self
        return self.model_copy(update={"answers": tuple(sorted((*self.answers, query_id)))})


def served_call(event: CallServed) -> ServedCall | None:
    """The call to store; None if it teaches nothing or its prompt is too long."""
    length = sum(len(message.content) for message in event.messages)
    if not event.teaches or not 0 < length <= MAX_PROMPT:
        return None
    identity = identity_of(event.text)
    parts = [part for message in event.messages for part in (message.role, message.content)]
    reference = CallReference(
        at=microseconds(event.occurred_at),
        call_id=event.call_id,
        query_id=event.query_id or "",
        user_id=person_named(event.user_id),
        spoken=identity.spoken,
        plan=identity.plan,
        prompt=derived_id(*parts),
        prose=event.is_prose,
    )
    return ServedCall(reference=reference, messages=event.messages)
