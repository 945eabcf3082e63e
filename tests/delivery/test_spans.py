"""Each event has a span with its context as the parent and its outcome as an attribute.

Without a tracer no span is made, and an event's context passes to the events that it causes.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest
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
from ratchet.telemetry import Facts, Kind, Span, Trace, Tracer, Untraced, span_at_hand
from ratchet_testing.counting import checkpoint_of, count_and_emit
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work

QUICK = RetryPolicy(max_attempts=2, base_s=0.1, cap_s=0.2)


@dataclass
class Noted:
    """A span that the test can inspect; its context is its number."""

    name: str
    parent: Trace
    trace: Trace
    facts: dict[str, Any]
    failed: str | None = None
    ended: int = 0

    def rename(self, name: str) -> None:
        self.name = name

    def tell(self, facts: Facts) -> None:
        self.facts |= facts

    def fail(self, reason: str) -> None:
        self.failed = reason

    def end(self) -> None:
        self.ended += 1


@dataclass
class Notes:
    """`ratchet.telemetry.Tracer` over a list."""

    spans: list[Noted] = field(default_factory=list)
    closed: bool = False

    def begin(
        self, name: str, kind: Kind, parent: Trace, facts: Facts, links: Sequence[Trace] = ()
    ) -> Span:
        trace = {"traceparent": f"00-{len(self.spans):032x}-{1:016x}-01"}
        self.spans.append(Noted(name, parent, trace, dict(facts)))
        return self.spans[-1]

    def close(self) -> None:
        self.closed = True


def request(name: str, **trace: str) -> TrainingRequested:
    return TrainingRequested(
        event_id=derived_id(name), occurred_at=utc_now(), requested_by=name, trace=trace
    )


def consuming(
    url: str, handle: Any, tracer: Tracer, name: str = "1"
) -> AbstractAsyncContextManager[Service]:
    consumer = Consumer(COMMANDS, "test", {TrainingRequested: handle}, retry=QUICK)
    return at_work(url, consumer, name=name, tracer=tracer)


async def emitted(redis: Redis) -> dict[str, dict[str, str]]:
    """The context of what was published, by what it is about."""
    found = [json.loads(f[DATA_FIELD.encode()]) for _, f in await redis.xrange(CHECKPOINTS.key)]
    return {event["run_id"]: event["trace"] for event in found}


async def test_each_event_of_a_batch_has_its_own_parent_and_passes_on_its_own_context(
    redis: Redis, valkey_url: str
):
    notes = Notes()
    events = [request("a", traceparent="A"), request("b", traceparent="B"), request("c")]
    await Publisher(redis).publish(events)
    async with consuming(valkey_url, count_and_emit, notes):
        await eventually(lambda: redis.exists("count:c"))
    found = await emitted(redis)
    assert [span.parent for span in notes.spans] == [{"traceparent": "A"}, {"traceparent": "B"}, {}]
    assert found == {name: span.trace for name, span in zip("abc", notes.spans, strict=True)}
    for span, event in zip(notes.spans, events, strict=True):
        assert (span.name, span.ended, span.failed) == ("process ratchet:commands", 1, None)
        assert span.facts["messaging.consumer.group.name"] == "test"
        assert span.facts["ratchet.event_id"] == event.event_id
        assert span.facts["ratchet.event"] == "TrainingRequested"
        assert (span.facts["ratchet.attempt"], span.facts["ratchet.outcome"]) == (1, "done")
    assert notes.closed


async def test_the_span_of_an_event_that_cannot_be_handled_has_the_reason(
    redis: Redis, valkey_url: str
):
    async def refuse(batch: Sequence[Delivered[TrainingRequested]], state: State) -> list[Outcome]:
        answers: dict[str, Outcome] = {"never": Invalid("not this"), "later": Later("not yet")}
        return [answers[event.requested_by] for event, _ in batch]

    notes = Notes()
    await redis.xadd(COMMANDS.key, {DATA_FIELD: b"not json"})
    await Publisher(redis).publish([request("never"), request("later", traceparent="A")])
    async with consuming(valkey_url, refuse, notes):

        async def all_are_dead() -> bool:
            return await redis.xlen(COMMANDS.dead_key) == 3

        await eventually(all_are_dead)
    recorded = [
        (span.facts["ratchet.attempt"], span.facts["ratchet.outcome"], span.failed)
        for span in notes.spans
    ]
    assert recorded[0][:2] == (1, "dead")
    assert "Invalid JSON" in (recorded[0][2] or "")
    assert recorded[1:] == [
        (1, "dead", "not this"),
        (1, "later", "not yet"),
        (2, "dead", "not yet"),
    ]
    assert [span.parent for span in notes.spans[2:]] == 2 * [{"traceparent": "A"}]
    assert {span.ended for span in notes.spans} == {1}


async def test_a_repeated_batch_ends_its_spans_and_only_the_last_context_is_passed_on(
    redis: Redis, valkey_url: str
):
    async def changed_meanwhile(batch: Sequence[Delivered[TrainingRequested]], state: State) -> Any:
        await state.read(["watched"])
        if not await redis.exists("watched"):
            await redis.set("watched", "1")
        return await count_and_emit(batch, state)

    notes = Notes()
    await Publisher(redis).publish([request("a", traceparent="A")])
    async with consuming(valkey_url, changed_meanwhile, notes):
        await eventually(lambda: emitted(redis))
    undone, done = notes.spans
    assert (undone.facts["ratchet.outcome"], undone.failed, undone.ended) == ("again", None, 1)
    assert (done.facts["ratchet.outcome"], done.parent) == ("done", {"traceparent": "A"})
    assert await emitted(redis) == {"a": done.trace}


async def test_an_unavailable_resource_fails_the_span_and_costs_no_attempt(
    redis: Redis, valkey_url: str
):
    async def full_at_first(
        batch: Sequence[Delivered[TrainingRequested]], state: State
    ) -> list[Outcome]:
        if len(notes.spans) == 1:
            raise Unavailable("the disk is unavailable")
        return await count_and_emit(batch, state)

    notes = Notes()
    await Publisher(redis).publish([request("a")])
    async with consuming(valkey_url, full_at_first, notes):
        await eventually(lambda: emitted(redis))
    assert notes.spans[0].facts["ratchet.outcome"] == "again"
    assert notes.spans[0].failed == "Unavailable: the disk is unavailable"
    assert {span.ended for span in notes.spans} == {1}


async def test_events_and_log_lines_of_a_handler_have_its_context(redis: Redis, valkey_url: str):
    logged: list[str | None] = []

    async def publishing(
        batch: Sequence[Delivered[TrainingRequested]], state: State
    ) -> list[Outcome]:
        logged.append(span_at_hand().trace.get("traceparent"))
        await asyncio.create_task(Publisher(redis).publish([checkpoint_of(batch[0].event)]))
        return [Later("so that nothing is emitted")]

    notes = Notes()
    await Publisher(redis).publish([request("a")])
    async with consuming(valkey_url, publishing, notes):
        assert await eventually(lambda: emitted(redis)) == {"a": notes.spans[0].trace}
    assert logged[0] == notes.spans[0].trace["traceparent"]


@pytest.mark.parametrize("trace", [{}, {"traceparent": "A", "tracestate": "x=y"}])
async def test_without_a_tracer_the_context_is_passed_on_unchanged(
    redis: Redis, valkey_url: str, trace: dict[str, str]
):
    await Publisher(redis).publish([request("a", **trace)])
    async with consuming(valkey_url, count_and_emit, Untraced()):
        assert await eventually(lambda: emitted(redis)) == {"a": trace}
