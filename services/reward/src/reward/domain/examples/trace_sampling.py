"""Samples the answered questions that a teacher is asked as well."""

from typing import Literal

from pydantic import Field

from ratchet.contract import Event, TraceRequested, Value, derived_id
from ratchet.measures import voice_prompt
from reward.domain.answers.reaction import AnswerReaction
from reward.domain.answers.recorded_answer import RecordedAnswer
from reward.domain.examples.question import question_of

TraceReason = Literal["sampled", "judged"]
_BUCKETS = 2**32


class TraceSampling(Value):
    """A `share` (0..1) of all questions, and each one judged above `judged_above` (0..1)."""

    share: float = Field(default=0.15, ge=0, le=1)
    judged_above: float = Field(default=0.8, ge=0, le=1)


def trace_reason(
    query_id: str, reaction: AnswerReaction, sampling: TraceSampling
) -> TraceReason | None:
    """Why to ask a teacher about `query_id`; None if it is not sampled.

    The share is drawn by a hash of the id: a replay draws the same questions. The judge's score
    of the whole answer counts; that of the voice, where it is the only one.
    """
    judged = reaction.evaluation_confidence
    if judged is None:
        judged = reaction.voice_evaluation_confidence
    if judged is not None and judged > sampling.judged_above:
        return "judged"
    drawn = int(derived_id("trace", query_id)[:8], 16)
    return "sampled" if drawn < sampling.share * _BUCKETS else None


def trace_request(
    answer: RecordedAnswer, key: str, reason: TraceReason, cause: Event
) -> TraceRequested:
    """The request for a trace of this question; one `event_id` per question, whatever its cause."""
    return TraceRequested(
        event_id=derived_id("trace", answer.query_id),
        occurred_at=cause.occurred_at,
        caused_by=cause.event_id,
        query_id=answer.query_id,
        question=question_of(answer, key),
        prompt=voice_prompt(answer.transcript, answer.readings),
        reason=reason,
    )
