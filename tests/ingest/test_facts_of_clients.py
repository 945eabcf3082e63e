"""Facts as clients state them: their times, and the event ids that they choose."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ratchet.contract import EXPERIENCES, FEEDBACK, TRACES, Stream, utc_now
from ratchet_testing.running_intake import api, events

QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
EXPERIENCE = {"query_id": QUERY_ID, "transcript": "What is the power?", "voice_response": "45 kW."}
FEEDBACK_BODY = {"query_id": QUERY_ID, "rating": "up"}
TRACE = {"prompt": "What is the power of pump 001?", "answer": "Pump 001 draws 45 kilowatts now."}


def in_(**time: float) -> str:
    return (utc_now() + timedelta(**time)).isoformat()


@pytest.mark.parametrize(
    ("path", "stream", "body", "field"),
    [
        ("/v1/feedback", FEEDBACK, FEEDBACK_BODY, "occurred_at"),
        ("/v1/experiences", EXPERIENCES, EXPERIENCE, "occurred_at"),
        ("/v1/experiences", EXPERIENCES, EXPERIENCE, "timestamp"),
        ("/v1/traces", TRACES, TRACE, "timestamp"),
    ],
)
async def test_a_time_that_is_still_ahead_is_refused_by_its_field_with_the_remedy(
    client: httpx.AsyncClient,
    redis: Redis,
    path: str,
    stream: Stream,
    body: dict[str, Any],
    field: str,
):
    for ahead in ({"minutes": 6}, {"weeks": 3}, {"days": 365}):
        response = await client.post(path, json=[{**body, field: in_(**ahead)}, body])
        assert response.status_code == 202
        [problem] = response.json()["problems"]
        assert (problem["index"], problem["field"]) == (0, field)
        assert "set the clock of the producer" in problem["message"]
    alone = await client.post(path, json={**body, field: in_(days=365)})
    assert alone.status_code == 422
    assert len(await events(redis, stream)) == 3


async def test_a_clock_that_is_a_little_ahead_is_accepted(client: httpx.AsyncClient, redis: Redis):
    body = {**FEEDBACK_BODY, "occurred_at": in_(minutes=4)}
    assert (await client.post("/v1/feedback", json=body)).json()["problems"] == []


async def test_the_tolerance_is_a_setting(redis: Redis, valkey_url: str):
    async with api(valkey_url, ingest_clock_tolerance_s=3600) as client:
        for minutes, status in ((50, 202), (70, 422)):
            body = {**FEEDBACK_BODY, "occurred_at": in_(minutes=minutes)}
            assert (await client.post("/v1/feedback", json=body)).status_code == status


async def test_the_time_of_an_interaction_is_not_judged(client: httpx.AsyncClient):
    touch = {"widget_index": 0, "action": "expand", "timestamp": in_(days=365)}
    response = await client.post("/v1/feedback", json={**FEEDBACK_BODY, "interactions": [touch]})
    assert response.json()["problems"] == []


async def test_a_producer_may_use_its_query_id_for_the_experience_and_the_feedback(
    client: httpx.AsyncClient, redis: Redis
):
    shared = {"event_id": QUERY_ID}
    for path, body in (("/v1/experiences", EXPERIENCE), ("/v1/feedback", FEEDBACK_BODY)):
        first = await client.post(path, json={**body, **shared})
        assert (first.json()["accepted"], first.json()["repeated"]) == (1, 0)
        again = await client.post(path, json={**body, **shared})
        assert (again.json()["accepted"], again.json()["repeated"]) == (1, 1)
    [experience] = await events(redis, EXPERIENCES)
    [feedback] = await events(redis, FEEDBACK)
    assert experience.event_id != feedback.event_id
