"""Fakes keep the promises of the real things: one suite for both."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from redis.asyncio import Redis

from ratchet.contract import (
    COMMANDS,
    Done,
    Event,
    State,
    TrainingRequested,
    Write,
    derived_id,
    utc_now,
)
from ratchet.delivery import DATA_FIELD, Publisher, Transaction
from ratchet_testing.fakes import MemoryPublisher
from reward.memory_state import MemoryState

pytestmark = pytest.mark.every_redis


def request(name: str) -> TrainingRequested:
    return TrainingRequested(event_id=derived_id(name), occurred_at=utc_now(), requested_by=name)


@dataclass
class PublisherCase:
    publisher: Any
    events: Callable[[], Awaitable[list[Event]]]


@pytest.fixture(params=["fake", "real"])
async def publishing(request: pytest.FixtureRequest, redis: Redis) -> PublisherCase:
    if request.param == "fake":
        fake = MemoryPublisher()

        async def kept() -> list[Event]:
            return list(fake.events)

        return PublisherCase(fake, kept)

    async def on_the_stream() -> list[Event]:
        return [
            COMMANDS.adapter.validate_json(fields[DATA_FIELD.encode()])
            for _, fields in await redis.xrange(COMMANDS.key)
        ]

    return PublisherCase(Publisher(redis), on_the_stream)


async def test_events_are_published_in_order(publishing: PublisherCase):
    events = [request("a"), request("b")]
    await publishing.publisher.publish(events)
    assert await publishing.events() == events


async def test_an_empty_publication_has_no_effect(publishing: PublisherCase):
    await publishing.publisher.publish([])
    assert await publishing.events() == []


async def test_an_event_published_once_is_not_published_again(publishing: PublisherCase):
    event = request("a")
    assert await publishing.publisher.publish_once(event)
    assert not await publishing.publisher.publish_once(event)
    assert await publishing.events() == [event]


async def test_named_events_that_were_published_before_are_omitted(publishing: PublisherCase):
    first, second, unnamed = request("a"), request("b"), request("c")
    publish = publishing.publisher.publish
    assert await publish([first, first], named={first.event_id}) == (first,)
    named = {first.event_id, second.event_id}
    new = await publish([first, second, unnamed, unnamed], named=named)
    assert new == (second, unnamed, unnamed)
    assert await publish([first, second], named=named) == ()
    assert await publishing.events() == [first, second, unnamed, unnamed]


async def test_an_event_published_without_its_name_is_not_a_duplicate(publishing: PublisherCase):
    event = request("a")
    await publishing.publisher.publish([event])
    assert await publishing.publisher.publish([event], named={event.event_id}) == (event,)
    assert not await publishing.publisher.publish_once(event)


@dataclass
class StateCase:
    state: State
    apply: Callable[[Done], Awaitable[None]]


@pytest.fixture(params=["fake", "real"])
async def holding(request: pytest.FixtureRequest, redis: Redis) -> AsyncIterator[StateCase]:
    if request.param == "fake":
        fake = MemoryState()

        async def carry_out(done: Done) -> None:
            fake.apply([done])

        yield StateCase(fake, carry_out)
        return
    async with redis.pipeline(transaction=True) as pipe:
        transaction = Transaction(pipe, COMMANDS, "test")

        async def commit(done: Done) -> None:
            transaction.apply(done)
            await transaction.commit()

        yield StateCase(transaction, commit)


async def test_a_key_that_was_never_written_reads_as_none(holding: StateCase):
    assert await holding.state.read(["x", "y"]) == {"x": None, "y": None}
    assert await holding.state.read([]) == {}


async def test_a_write_is_read_after_it_is_applied(holding: StateCase):
    await holding.apply(Done(writes=(Write("x", b"1"), Write("y", b"2"), Write("y", None))))
    assert await holding.state.read(["x", "y"]) == {"x": b"1", "y": None}
