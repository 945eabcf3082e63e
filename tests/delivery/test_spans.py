"""Each event has a span with its context as the parent and its outcome as an attribute.

Without tracing no span is created, and an event's context passes to the events that it causes.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    NoOpTracer,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    get_current_span,
)
from redis.asyncio import Redis

from ratchet.contract import (
    CHECKPOINTS,
    COMMANDS,
    Delivered,
    Invalid,
    Later,
    Outcome,
    State,
    TrainingRequested,
    Unavailable,
    derived_id,
    utc_now,
)
from ratchet.delivery import DATA_FIELD, Consumer, Publisher, RetryPolicy
from ratchet.service import Service
from ratchet.telemetry import Tracing, current_trace
from ratchet_testing.counting import checkpoint_of, count_and_emit
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work

SAMPLED = TraceFlags(TraceFlags.SAMPLED)
QUICK = RetryPolicy(max_attempts=2, base_s=0.1, cap_s=0.2)


class RecordedSpan(NonRecordingSpan):
    """A span that the test can inspect; its trace id is its number, from 1."""

    def __init__(self, name: str, parent: SpanContext, number: int, attributes: Any) -> None:
        super().__init__(SpanContext(number + 1, 1, is_remote=False, trace_flags=SAMPLED))
        self.name = name
        self.parent = parent
        self.attributes: dict[str, Any] = dict(attributes)
        self.failed: str | None = None
        self.ended = 0
        self.trace = {"traceparent": f"00-{number + 1:032x}-{1:016x}-01"}

    def set_attribute(self, key: str, value: Any) -> None:
        self.attributes[key] = value

    def set_status(self, status: Any, description: str | None = None) -> None:
        assert status is StatusCode.ERROR
        self.failed = description

    def end(self, end_time: int | None = None) -> None:
        self.ended += 1


class RecordingTracer(NoOpTracer):
    """Stores the spans that it starts."""

    def __init__(self) -> None:
        self.spans: list[RecordedSpan] = []
        self.closed = False

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Any = None,
        *_: Any,
        **__: Any,
    ) -> Span:
        assert kind is SpanKind.CONSUMER
        parent = get_current_span(context).get_span_context()
        self.spans.append(RecordedSpan(name, parent, len(self.spans), attributes))
        return self.spans[-1]

    def close(self) -> None:
        self.closed = True


def context(number: int) -> dict[str, str]:
    return {"traceparent": f"00-{number:032x}-{number:016x}-01"}


def parents(tracer: RecordingTracer) -> list[int]:
    """The trace id of each span's parent; 0 for a root span."""
    return [span.parent.trace_id for span in tracer.spans]


def request(name: str, **trace: str) -> TrainingRequested:
    return TrainingRequested(
        event_id=derived_id(name), occurred_at=utc_now(), requested_by=name, trace=trace
    )


def consuming(
    url: str, handle: Any, tracer: Tracer, close: Callable[[], None] = lambda: None
) -> AbstractAsyncContextManager[Service]:
    consumer = Consumer(COMMANDS, "test", {TrainingRequested: handle}, retry=QUICK)
    return at_work(url, consumer, tracing=Tracing(tracer, close))


async def emitted(redis: Redis) -> dict[str, dict[str, str]]:
    """The context of each published event, by run id."""
    events = [json.loads(f[DATA_FIELD.encode()]) for _, f in await redis.xrange(CHECKPOINTS.key)]
    return {event["run_id"]: event["trace"] for event in events}


async def test_each_event_of_a_batch_has_its_own_parent_and_passes_on_its_own_context(
    redis: Redis, valkey_url: str
):
    tracer = RecordingTracer()
    events = [request("a", **context(7)), request("b", **context(8)), request("c")]
    await Publisher(redis).publish(events)
    async with consuming(valkey_url, count_and_emit, tracer, tracer.close):
        await eventually(lambda: redis.exists("count:c"))
    published = await emitted(redis)
    assert parents(tracer) == [7, 8, 0]
    assert published == {name: span.trace for name, span in zip("abc", tracer.spans, strict=True)}
    for span, event in zip(tracer.spans, events, strict=True):
        assert (span.name, span.ended, span.failed) == ("process ratchet:commands", 1, None)
        assert span.attributes["messaging.consumer.group.name"] == "test"
        assert span.attributes["ratchet.event_id"] == event.event_id
        assert span.attributes["ratchet.event"] == "TrainingRequested"
        assert span.attributes["ratchet.attempt"] == 1
        assert span.attributes["ratchet.outcome"] == "done"
    assert tracer.closed


async def test_the_span_of_an_event_that_cannot_be_handled_has_the_reason(
    redis: Redis, valkey_url: str
):
    async def refuse(batch: Sequence[Delivered[TrainingRequested]], state: State) -> list[Outcome]:
        answers: dict[str, Outcome] = {"never": Invalid("not this"), "later": Later("not yet")}
        return [answers[event.requested_by] for event, *_ in batch]

    tracer = RecordingTracer()
    await redis.xadd(COMMANDS.key, {DATA_FIELD: b"not json"})
    await Publisher(redis).publish([request("never"), request("later", **context(7))])
    async with consuming(valkey_url, refuse, tracer):

        async def all_are_dead() -> bool:
            return await redis.xlen(COMMANDS.dead_key) == 3

        await eventually(all_are_dead)
    recorded = [
        (span.attributes["ratchet.attempt"], span.attributes["ratchet.outcome"], span.failed)
        for span in tracer.spans
    ]
    assert recorded[0][:2] == (1, "dead")
    assert "Invalid JSON" in (recorded[0][2] or "")
    assert recorded[1:] == [
        (1, "dead", "not this"),
        (1, "later", "not yet"),
        (2, "dead", "not yet"),
    ]
    assert parents(tracer) == [0, 0, 7, 7]
    assert {span.ended for span in tracer.spans} == {1}


async def test_a_repeated_batch_ends_its_spans_and_only_the_last_context_is_passed_on(
    redis: Redis, valkey_url: str
):
    async def changed_meanwhile(batch: Sequence[Delivered[TrainingRequested]], state: State) -> Any:
        await state.read(["watched"])
        if not await redis.exists("watched"):
            await redis.set("watched", "1")
        return await count_and_emit(batch, state)

    tracer = RecordingTracer()
    await Publisher(redis).publish([request("a", **context(7))])
    async with consuming(valkey_url, changed_meanwhile, tracer):
        await eventually(lambda: emitted(redis))
    undone, done = tracer.spans
    assert (undone.attributes["ratchet.outcome"], undone.failed, undone.ended) == ("again", None, 1)
    assert (done.attributes["ratchet.outcome"], done.parent.trace_id) == ("done", 7)
    assert await emitted(redis) == {"a": done.trace}


async def test_an_unavailable_resource_fails_the_span_and_costs_no_attempt(
    redis: Redis, valkey_url: str
):
    async def full_at_first(
        batch: Sequence[Delivered[TrainingRequested]], state: State
    ) -> list[Outcome]:
        if len(tracer.spans) == 1:
            raise Unavailable("the disk is unavailable")
        return await count_and_emit(batch, state)

    tracer = RecordingTracer()
    await Publisher(redis).publish([request("a")])
    async with consuming(valkey_url, full_at_first, tracer):
        await eventually(lambda: emitted(redis))
    assert tracer.spans[0].attributes["ratchet.outcome"] == "again"
    assert tracer.spans[0].failed == "Unavailable: the disk is unavailable"
    assert {span.ended for span in tracer.spans} == {1}


async def test_events_and_log_lines_of_a_handler_have_its_context(redis: Redis, valkey_url: str):
    logged: list[str | None] = []

    async def publishing(
        batch: Sequence[Delivered[TrainingRequested]], state: State
    ) -> list[Outcome]:
        logged.append(current_trace().get("traceparent"))
        await asyncio.create_task(Publisher(redis).publish([checkpoint_of(batch[0].event)]))
        return [Later("so that nothing is emitted")]

    tracer = RecordingTracer()
    await Publisher(redis).publish([request("a")])
    async with consuming(valkey_url, publishing, tracer):
        assert await eventually(lambda: emitted(redis)) == {"a": tracer.spans[0].trace}
    assert logged[0] == tracer.spans[0].trace["traceparent"]


@pytest.mark.parametrize("trace", [{}, {**context(7), "tracestate": "x=y"}])
async def test_without_tracing_the_context_is_passed_on_unchanged(
    redis: Redis, valkey_url: str, trace: dict[str, str]
):
    await Publisher(redis).publish([request("a", **trace)])
    async with consuming(valkey_url, count_and_emit, NoOpTracer()):
        assert await eventually(lambda: emitted(redis)) == {"a": trace}
