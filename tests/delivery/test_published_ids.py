"""An event id that a client chose names one fact: of one kind, and of one client or content."""

from typing import Any

import pytest
from redis.asyncio import Redis

from ratchet.contract import (
    EXPERIENCES,
    FEEDBACK,
    Event,
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
    utc_now,
)
from ratchet.delivery import Publisher

ID = "q-shared-0001"
ANN, BEN = "key:ann", "key:ben"


def feedback(**content: Any) -> Event:
    body = Feedback(query_id="q-1", **content)
    return FeedbackReceived(event_id=ID, occurred_at=utc_now(), feedback=body)


def experience() -> Event:
    body = Experience(query_id="q-1", timestamp=utc_now(), voice_response="45 kW.")
    return ExperienceRecorded(event_id=ID, occurred_at=utc_now(), experience=body)


async def ids(redis: Redis, stream: Any) -> list[str]:
    rows = await redis.xrange(stream.key)
    return [stream.adapter.validate_json(fields[b"__data__"]).event_id for _, fields in rows]


async def publish(redis: Redis, event: Event, owner: str) -> bool:
    return bool(await Publisher(redis).publish([event], {ID}, owner=owner))


async def test_an_experience_and_a_feedback_with_one_id_are_both_kept(redis: Redis):
    assert await publish(redis, experience(), ANN)
    assert await publish(redis, feedback(rating="down"), ANN)
    assert not await publish(redis, feedback(rating="down"), ANN)
    [first] = await ids(redis, EXPERIENCES)
    [second] = await ids(redis, FEEDBACK)
    assert first == ID
    assert second not in (ID, "")


async def test_another_client_that_guesses_an_id_does_not_block_its_owner(redis: Redis):
    assert await publish(redis, feedback(rating="up"), BEN)
    assert await publish(redis, feedback(rating="down"), ANN)
    assert not await publish(redis, feedback(rating="down"), ANN)
    assert not await publish(redis, feedback(rating="up"), BEN)
    assert len(set(await ids(redis, FEEDBACK))) == 2


async def test_a_producer_that_repeats_an_item_under_a_new_key_or_address_counts_once(redis: Redis):
    assert await publish(redis, feedback(rating="down"), "address:10.0.0.1")
    assert not await publish(redis, feedback(rating="down"), "address:10.0.0.2")


async def test_one_client_that_changes_an_item_under_its_id_does_not_count_twice(redis: Redis):
    assert await publish(redis, feedback(rating="up"), ANN)
    assert not await publish(redis, feedback(rating="down"), ANN)


@pytest.mark.parametrize("owner", [ANN, ""])
async def test_an_id_that_an_earlier_release_published_is_not_published_again(
    redis: Redis, owner: str
):
    await redis.set(f"ratchet:published:{ID}", b"1")
    assert not await publish(redis, feedback(rating="up"), owner)
    assert not await publish(redis, experience(), owner)


async def test_a_service_keeps_its_id_even_if_a_client_took_it_before(redis: Redis):
    assert await publish(redis, feedback(rating="up"), BEN)
    assert await Publisher(redis).publish_once(experience())
    assert not await Publisher(redis).publish_once(experience())
    assert await ids(redis, EXPERIENCES) == [ID]
