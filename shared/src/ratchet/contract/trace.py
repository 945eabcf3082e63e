"""Traces: answers of a teacher that a model may learn to imitate."""

from typing import Literal

from pydantic import Field

from ratchet.contract.call import ChatMessage, one_turn
from ratchet.contract.event import Aspect, Event
from ratchet.contract.example import Question

LEAST_ANSWER = 20
"""An answer with fewer characters is not used."""
LEAST_THINKING = 50
"""Thinking with fewer characters is not used."""


class TraceRequested(Event):
    """Request a teacher's answer to `prompt`, that of the model in service with the readings."""

    type: Literal["TraceRequested"] = "TraceRequested"
    query_id: str
    question: Question
    prompt: str
    reason: Literal["sampled", "judged"]


class TraceCaptured(Event):
    """A teacher's thinking (empty if unknown) and answer to `prompt`.

    `query_id` is None if the trace was imported. `agent_response` is the answer of the model in
    service. Tokens and `seconds` are the teacher's.
    """

    type: Literal["TraceCaptured"] = "TraceCaptured"
    trace_id: str
    query_id: str | None = None
    question: Question
    prompt: str
    thinking: str = ""
    answer: str
    teacher: str = ""
    stop_reason: str = ""
    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    seconds: float = Field(default=0, ge=0)
    agent_response: str = ""
    agent_seconds: float = Field(default=0, ge=0)
    prompt_version: str = ""

    @property
    def is_demonstration(self) -> bool:
        """Whether the answer is long enough to imitate."""
        return len(self.answer.strip()) >= LEAST_ANSWER

    @property
    def thoughts(self) -> str:
        """`thinking`, or nothing where it is too short to imitate."""
        thoughts = self.thinking.strip()
        return thoughts if len(thoughts) >= LEAST_THINKING else ""

    @property
    def example_id(self) -> str:
        return self.trace_id

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """Always empty: a teacher is asked with our prompt."""
        return ()

    @property
    def turns(self) -> tuple[ChatMessage, ...]:
        return one_turn(self.prompt)

    @property
    def revision(self) -> int:
        """Always 1: a trace is captured once."""
        return 1

    @property
    def aspect(self) -> Aspect:
        """Always "voice": a teacher is asked for spoken answers only."""
        return "voice"

    @property
    def key(self) -> tuple[str, Aspect]:
        return (self.question.key, self.aspect)

    @property
    def users(self) -> tuple[str, ...]:
        """Empty: a teacher's answer rests on no user's feedback."""
        return ()

    @property
    def answers(self) -> tuple[str, ...]:
        return (self.answer.strip(),)
