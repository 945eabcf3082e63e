"""Handles requests for traces: one teacher's answer for each, or the reason why there is none."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.contract import (
    Delivered,
    Done,
    Invalid,
    Later,
    Outcome,
    State,
    TraceCaptured,
    TraceRequested,
    derived_id,
    utc_now,
)
from trainer.backends.openai_teacher import OpenAITeacher, TeacherRefused, TeacherUnavailable
from trainer.metrics import TeacherMetrics


@dataclass(frozen=True)
class TeacherHandlers:
    teacher: OpenAITeacher
    metrics: TeacherMetrics

    async def handle(
        self, batch: Sequence[Delivered[TraceRequested]], state: State
    ) -> Sequence[Outcome]:
        """Sends all prompts of the batch to the teacher at the same time.

        A retry repeats the prompt and makes the same event.
        """
        return await asyncio.gather(*[self._answer(each.event) for each in batch])

    async def _answer(self, request: TraceRequested) -> Outcome:
        began = time.monotonic()
        try:
            answer = await self.teacher.answer(request.prompt)
        except TeacherUnavailable as unavailable:
            self.metrics.answers.labels("later").inc()
            return Later(str(unavailable))
        except TeacherRefused as refused:
            self.metrics.answers.labels("refused").inc()
            return Invalid(str(refused))
        if answer.unusable is not None:
            self.metrics.answers.labels("unusable").inc()
            return Invalid(answer.unusable)
        self.metrics.answers.labels("captured").inc()
        event_id = derived_id(request.event_id, "captured")
        captured = TraceCaptured(
            event_id=event_id,
            occurred_at=utc_now(),
            caused_by=request.event_id,
            trace_id=event_id,
            query_id=request.query_id,
            question=request.question,
            prompt=request.prompt,
            teacher=self.teacher.name,
            seconds=time.monotonic() - began,
            **answer.model_dump(),
        )
        return Done(emits=(captured,))
