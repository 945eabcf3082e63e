"""The events of one call."""

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.answers.answer import ServedAnswer
from gateway.domain.faults import fault_of
from gateway.domain.model_version import ServedModel
from gateway.domain.redaction import Redaction
from gateway.domain.served_request import ServedRequest
from ratchet.contract import CallCheck, CallServed, Experience, ExperienceRecorded, derived_id

_LONGEST_TRANSCRIPT = 20_000
_LEAST_ID, _MOST_ID = 20, 128


@dataclass(frozen=True)
class CallTimes:
    """`first_s` and `whole_s` are seconds since `arrived_at`; `first_s` only of a stream."""

    arrived_at: datetime
    first_s: float | None
    whole_s: float


def call_served(
    call_id: str,
    request: ServedRequest,
    answer: ServedAnswer,
    status: int,
    delivered: bool,
    model: ServedModel,
    times: CallTimes,
    redaction: Redaction,
    names_query: bool,
    check: CallCheck | None = None,
) -> CallServed:
    """`delivered` is whether the application received the answer to its end.

    With `names_query` the call is a question of its own, and its id that of the query. Otherwise
    that is the application's, else the id that the answer states of itself. Ollama's have three
    digits, so that they repeat and name nothing.
    """
    named = answer.answer_id if _LEAST_ID <= len(answer.answer_id) <= _MOST_ID else None
    return CallServed(
        event_id=derived_id("CallServed", call_id),
        occurred_at=times.arrived_at,
        call_id=call_id,
        interface=request.interface,
        messages=tuple(
            message.model_copy(
                update={
                    "role": redaction.text(message.role),
                    "content": redaction.text(message.content),
                }
            )
            for message in request.messages
        ),
        options=redaction.of(dict(request.options)),
        model=redaction.text(request.model),
        version=model.version,
        digest=model.digest,
        text=redaction.text(answer.text),
        thinking=redaction.text(answer.thinking),
        tool_calls=tuple(redaction.of(answer.tool_calls)),
        finish_reason=redaction.text(answer.finish_reason),
        fault=fault_of(status, answer, delivered, request.messages),
        status=status,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        first_token_s=times.first_s,
        seconds=times.whole_s,
        user_id=request.user_id,
        session_id=request.session_id,
        query_id=call_id if names_query else request.query_id or named,
        check=_redacted(check, redaction),
    )


def _redacted(check: CallCheck | None, redaction: Redaction) -> CallCheck | None:
    if check is None:
        return None
    faults, held = map(redaction.text, check.faults), map(redaction.text, check.held)
    return CallCheck(outcome=check.outcome, faults=tuple(faults), held=tuple(held))


def experience_of(call: CallServed) -> ExperienceRecorded | None:
    """The experience of a call whose answer is a whole text, for thumbs that name its id."""
    questions = [message.content for message in call.messages if message.role == "user"]
    if not (call.teaches and questions):
        return None
    return ExperienceRecorded(
        event_id=derived_id("ExperienceRecorded", call.call_id),
        occurred_at=call.occurred_at,
        caused_by=call.event_id,
        experience=Experience(
            query_id=call.query_id or call.call_id,
            timestamp=call.occurred_at,
            user_id=call.user_id,
            transcript=questions[-1][:_LONGEST_TRANSCRIPT],
            voice_response=call.text,
            processing_time_ms=1e3 * call.seconds,
        ),
    )
