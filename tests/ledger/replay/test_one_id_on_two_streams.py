"""A producer that appends two facts under one id to two streams loses none of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from ledger.backends.database import open_for_reading, open_for_writing
from ledger.backends.stream_ends import StreamEnds
from ledger.reading import LedgerReader
from ledger.repair.streams import lost_events
from ratchet.contract import (
    REWARDS,
    Delivered,
    Event,
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
    stream_of,
)
from ratchet_testing.ledger_world import Opened

from .conftest import Served
from .test_redis_went_back import services, settle

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
NAME: dict[str, Any] = {"event_id": "q-shared-0001", "occurred_at": AT}
ANSWER = ExperienceRecorded(
    **NAME,
    experience=Experience(
        query_id="q-1",
        timestamp=AT,
        transcript="What is the power of pump 1?",
        voice_response="Pump 1 draws 45 kW.",
    ),
)
RATED = FeedbackReceived(**NAME, feedback=Feedback(query_id="q-1", rating="down"))


async def append(redis: Redis, *events: Event) -> None:
    for event in events:
        await redis.xadd(stream_of(event).key, {"__data__": event.model_dump_json()})


@pytest.mark.parametrize("first", [ANSWER, RATED])
async def test_two_facts_under_one_id_both_count_and_neither_counts_twice(
    redis: Redis, valkey_url: str, tmp_path: Path, first: Event
):
    served = Served(redis, valkey_url, tmp_path)
    second = RATED if first is ANSWER else ANSWER
    async with services(served):
        await append(redis, first)
        await settle(redis)
        await append(redis, second)
        await settle(redis)
        rows: Any = await redis.xrange(REWARDS.key)
        scored = [REWARDS.adapter.validate_json(fields[b"__data__"]) for _, fields in rows]
        assert len({each.event_id for each in scored}) == len(scored)
        assert scored[-1].rating == "down"
        await append(redis, ANSWER, RATED, ANSWER, RATED)
        await settle(redis)
        assert await redis.xlen(REWARDS.key) == len(rows)
    reader = LedgerReader(open_for_reading(served.ledger))
    counts = reader.counts()
    assert counts.events["ExperienceRecorded"] == counts.events["FeedbackReceived"] == 1
    assert reader.history(10)[0].rating == "down"
    engine = open_for_writing(served.ledger)
    assert await lost_events(redis, StreamEnds(engine)) == []
    engine.dispose()


def test_one_batch_with_an_id_of_two_streams_is_stored_whole_and_once(ledger: Opened):
    batch = [Delivered.of(ANSWER), Delivered.of(RATED)]
    assert ledger.write([*batch, *batch]) == 2
    assert ledger.write(batch) == 0
