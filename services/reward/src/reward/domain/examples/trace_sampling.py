"""Which answered questions a teacher is asked about as well, and why."""

from typing import Literal

from pydantic import Field

from ratchet.contract import Event, TraceRequested, Value, derived_id
from ratchet.measures import voice_prompt
from reward.domain.examples.question import question_of
from reward.domain.scoring.reaction import Reaction
from reward.domain.state.answer import Answer

TraceReason = Literal["sampled", "judged"]
_BUCKETS = 2**32


class TraceSampling(Value):
    """A `share` (0..1) of all questions, and each whose answer was judged above `judged_above`."""

    share: float = Field(default=0.15, ge=0, le=1)
    judged_above: float = Field(default=0.8, ge=0, le=1)


def reason_to_ask(query_id: str, said: Reaction, sampling: TraceSampling) -> TraceReason | None:
    """The share is drawn by hash: the same query is in it or not, whoever asks and when.

    The judge's view of the whole answer counts; that of the voice, where it is all there is.
    """
    judged = said.evaluation_confidence
    if judged is None:
        judged = said.voice_evaluation_confidence
    if judged is not None and judged > sampling.judged_above:
        return "judged"
    drawn = int(derived_id("trace", query_id)[:8], 16)
    return "sampled" if drawn < sampling.share * _BUCKETS else None


def trace_request(answer: Answer, key: str, reason: TraceReason, cause: Event) -> TraceRequested:
    """Ask about `answer`'s question of that key: the same event whatever caused it."""
    return TraceRequested(
        event_id=derived_id("trace", answer.query_id),
        occurred_at=cause.occurred_at,
        caused_by=cause.event_id,
        query_id=answer.query_id,
        question=question_of(answer, key),
        prompt=voice_prompt(answer.transcript, answer.readings),
        reason=reason,
    )
