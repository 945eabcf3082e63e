"""Imported traces, in today's field names or those of the predecessor's traces.jsonl."""

from datetime import datetime
from typing import Any

from pydantic import AliasChoices, Field, field_validator, model_validator

from ingest.domain.imported_example import ImportedExample, teachable
from ingest.domain.prompt_question import question_in
from ingest.domain.stop_reason import stop_reason_in
from ratchet.contract import LEAST_ANSWER, OtherId, QueryId, TraceCaptured, derived_id
from ratchet_text import split_thinking, was_cut_off


def _also(name: str, legacy: str) -> AliasChoices:
    return AliasChoices(name, legacy)


class Trace(ImportedExample):
    """Times in seconds. With `has_thinking` false, `thinking` is not used.

    Thinking in the answer moves to `thinking`. `stop_reason` is found under the names of any
    provider, also inside a response that the row includes.
    """

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

    @model_validator(mode="before")
    @classmethod
    def _in_its_parts(cls, row: Any) -> Any:
        if not isinstance(row, dict):
            return row
        parts: dict[str, Any] = {}
        name = "answer" if row.get("answer") is not None else "claude_answer"
        if isinstance(row.get(name), str):
            thinking, parts[name] = split_thinking(row[name])
            if thinking and not (row.get("thinking") or row.get("claude_thinking")):
                parts["thinking"] = thinking
        found = stop_reason_in(row)
        if was_cut_off(found) or not (row.get("stop_reason") or row.get("claude_stop_reason")):
            parts["stop_reason"] = found
        return {**row, **parts}

    @field_validator("answer")
    @classmethod
    def _is_teachable(cls, answer: str) -> str:
        return teachable(answer)


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
