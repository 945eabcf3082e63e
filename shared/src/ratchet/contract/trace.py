"""A teacher's answer to a question, asked for and captured: what a model may learn to imitate."""

from typing import Literal

from pydantic import Field

from ratchet.contract.event import Event
from ratchet.contract.example import Question

LEAST_ANSWER = 20
"""Characters below which an answer shows nothing."""
LEAST_THINKING = 50
"""Characters below which a teacher's thoughts show nothing."""


class TraceRequested(Event):
    """Ask a teacher; `prompt` is what the model in service is asked, with the readings."""

    type: Literal["TraceRequested"] = "TraceRequested"
    query_id: str
    question: Question
    prompt: str
    reason: Literal["sampled", "judged"]


class TraceCaptured(Event):
    """What a teacher thought (empty where it is not known) and said in answer to `prompt`.

    `query_id` is None where no question of this system asked for it. `agent_response` is what
    the model in service had said. Tokens and `seconds` are the teacher's.
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
