"""Calls: what an application asked a model server, and what that answered."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from ratchet.contract.client_values import FreeObject, FreeValues, OtherId, QueryId, UserId
from ratchet.contract.event import Event, Value

BETWEEN_MESSAGES = "\n\n"
CallFault = Literal["broken", "prompt_cut", "refused"]
CheckOutcome = Literal["true", "untrue", "undecided"]


class ChatMessage(Value):
    """One message as it was sent. Parts that are no text, such as images, are left out."""

    role: str
    content: str = ""


class CallCheck(Value):
    """The judgment of an answer against the readings in its prompt.

    `outcome` is that of the text that the application received. `held` are the untrue texts of the
    model that were not sent, in their order. `faults` are those of the texts of the model. An
    answer is `undecided` if the prompt has no readings, or if it states none of them.
    """

    outcome: CheckOutcome
    faults: tuple[str, ...] = ()
    held: tuple[str, ...] = ()


class CallServed(Event):
    """One call that the gateway passed on, with the answer that the application received.

    `call_id` is in the answer's `x-ratchet-query` header. A completion without a chat has one
    message of the role "user". `model` is the name that was asked for, `version` the immutable
    name of the model behind it, and `digest` the server's; both are empty if unknown. `text` has
    no thinking. Times are in seconds since the request arrived.

    `fault` is `broken` if the stream ended without an end, `prompt_cut` if the server left out a
    part of the prompt, and `refused` if it answered with an error; such a call does not teach.
    `check` is set where answers are checked; then `text` is what the application received.
    """

    type: Literal["CallServed"] = "CallServed"
    call_id: QueryId
    interface: Literal["ollama", "openai"]
    messages: tuple[ChatMessage, ...]
    options: FreeObject = Field(default_factory=dict)
    model: str
    version: str = ""
    digest: str = ""
    text: str = ""
    thinking: str = ""
    tool_calls: FreeValues = ()
    finish_reason: str = ""
    fault: CallFault | None = None
    status: int = 200
    prompt_tokens: int | None = Field(default=None, ge=0)
    completion_tokens: int | None = Field(default=None, ge=0)
    first_token_s: float | None = Field(default=None, ge=0)
    seconds: float = Field(default=0, ge=0)
    user_id: UserId = ""
    session_id: OtherId = ""
    query_id: QueryId | None = None
    check: CallCheck | None = None

    @property
    def teaches(self) -> bool:
        """Whether the answer is a whole text to a whole prompt."""
        return self.fault is None and not self.tool_calls and bool(self.text.strip())

    @property
    def is_prose(self) -> bool:
        """Whether the answer is spoken text: no JSON, in a block of code or without one."""
        return not self.text.lstrip().startswith(("{", "[", "```"))

    @property
    def prompt(self) -> str:
        return prompt_of(self.messages)


def one_turn(prompt: str) -> tuple[ChatMessage, ...]:
    """The prompt as the one message of the user."""
    return (ChatMessage(role="user", content=prompt),)


def prompt_of(messages: Sequence[ChatMessage]) -> str:
    """The text of all messages, in which readings are found."""
    return BETWEEN_MESSAGES.join(message.content for message in messages)
