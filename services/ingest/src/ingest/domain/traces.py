"""Imported traces, in today's field names or those of the predecessor's traces.jsonl."""

from datetime import datetime

from pydantic import AliasChoices, Field

from ingest.domain.imported_example import ImportedExample
from ingest.domain.prompt_question import question_in
from ratchet.contract import LEAST_ANSWER, OtherId, QueryId, TraceCaptured, derived_id


def _also(name: str, legacy: str) -> AliasChoices:
    return AliasChoices(name, legacy)


class Trace(ImportedExample):
    """Times in seconds. With `has_thinking` false, `thinking` is not used."""

    trace_id: OtherId = ""
    query_id: QueryId | None = None
    thinking: str = Field(
        default="", max_length=100_000, validation_alias=_also("thinking", "claude_thinking")
    )
    answer: str = Field(
        min_length=LEAST_ANSWER,
        max_length=20_000,
        validation_alias=_also("answer", "claude_answer"),
    )
    teacher: str = Field(
        default="", max_length=256, validation_alias=_also("teacher", "claude_model")
    )
    stop_reason: str = Field(
        default="", max_length=256, validation_alias=_also("stop_reason", "claude_stop_reason")
    )
    input_tokens: int = Field(
        default=0, ge=0, validation_alias=_also("input_tokens", "claude_input_tokens")
    )
    output_tokens: int = Field(
        default=0, ge=0, validation_alias=_also("output_tokens", "claude_output_tokens")
    )
    seconds: float = Field(default=0, ge=0, validation_alias=_also("seconds", "claude_time_s"))
    has_thinking: bool = True
    agent_response: str = Field(default="", max_length=20_000)
    agent_seconds: float = Field(
        default=0, ge=0, validation_alias=_also("agent_seconds", "agent_time_s")
    )
    prompt_version: str = Field(default="", max_length=256)


def trace_captured(trace: Trace, event_id: str, received_at: datetime) -> TraceCaptured:
    """The event of `trace`; without a `trace_id`, its id is derived from prompt and answer."""
    fields = trace.model_dump(exclude={"timestamp", "has_thinking"})
    if not trace.has_thinking:
        fields["thinking"] = ""
    fields["trace_id"] = trace.trace_id or derived_id("trace", trace.prompt, trace.answer)
    return TraceCaptured(
        event_id=event_id,
        occurred_at=trace.timestamp or received_at,
        question=question_in(trace.prompt),
        **fields,
    )
