"""An event counts from its arrival at the latest, whatever the clock of its producer shows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ratchet.contract import (
    EXPERIENCES,
    FEEDBACK,
    Delivered,
    EntryId,
    Event,
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
    State,
    microseconds,
    utc_now,
)
from ratchet.delivery import Consumer, Publisher
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work

YEAR = timedelta(days=365)


def rated(rating: Any, ahead: timedelta = timedelta()) -> FeedbackReceived:
    body = Feedback(query_id="q-1", rating=rating)
    return FeedbackReceived(
        event_id=f"rated-{rating}", occurred_at=utc_now() + ahead, feedback=body
    )


async def test_events_of_a_producer_a_year_ahead_count_from_their_arrival_and_are_counted(
    redis: Redis, valkey_url: str
):
    handled: list[Delivered[Event]] = []

    async def note(batch: list[Delivered[Event]], state: State) -> None:
        handled.extend(batch)

    experience = Experience(query_id="q-1", timestamp=utc_now() + YEAR, voice_response="45 kW.")
    recorded = ExperienceRecorded(
        event_id="recorded", occurred_at=utc_now() + YEAR, experience=experience
    )
    await Publisher(redis).publish([rated("up", YEAR), recorded])
    registry = CollectorRegistry()

    async def count(number: int) -> bool:
        return len(handled) == number

    async with at_work(
        valkey_url, Consumer(FEEDBACK, "test", {FeedbackReceived: note}), registry=registry
    ):
        await eventually(lambda: count(1))
        await Publisher(redis).publish([rated("down")])
        await eventually(lambda: count(2))
    async with at_work(valkey_url, Consumer(EXPERIENCES, "test", {ExperienceRecorded: note})):
        await eventually(lambda: count(3))
    times = [microseconds(each.event.occurred_at) for each in handled[:2]]
    assert times == sorted(times)
    assert all(each.event.occurred_at - utc_now() < timedelta(seconds=1) for each in handled)
    assert handled[2].event.experience.timestamp < utc_now()  # type: ignore[attr-defined]
    assert b"rated-up" in handled[0].payload
    labels = {"stream": "feedback", "group": "test"}
    assert registry.get_sample_value("ratchet_events_ahead_total", labels) == 1


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1500), st.integers(0, 10**10)), min_size=2)
)
def test_events_from_ahead_keep_the_order_of_their_arrival(rows: list[tuple[int, int, int]]):
    ids = sorted({EntryId(ms, seq % 1000) for ms, seq, _ in rows})
    event = rated("up").model_copy(update={"occurred_at": datetime(2026, 1, 1, tzinfo=UTC)})
    times = [event.not_after(entry.latest).occurred_at for entry in ids]
    assert times == sorted(set(times))
    assert event.not_after(microseconds(event.occurred_at)) is event
