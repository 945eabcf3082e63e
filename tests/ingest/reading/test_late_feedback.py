"""Feedback on an answer that is too old: the response does not say that it was used."""

from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from ratchet.contract import FEEDBACK, utc_now
from ratchet_testing.running_intake import api, events

from .ledger_and_trainer import answered, reading

QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"


@pytest.mark.parametrize(
    ("days_ago", "window", "updated"),
    [(29, 30, True), (31, 30, False), (31, 60, True), (None, 30, True)],
)
async def test_late_feedback_is_stored_and_named(
    redis: Redis,
    valkey_url: str,
    tmp_path: Path,
    days_ago: int | None,
    window: int,
    updated: bool,
):
    at = utc_now() - timedelta(days=days_ago or 0)
    answer = answered(1, query_id=QUERY_ID, timestamp=at).model_copy(update={"occurred_at": at})
    recorded = [answer] if days_ago is not None else []
    async with reading(valkey_url, tmp_path, recorded, reward_window_days=window) as client:
        sent = {"query_id": QUERY_ID, "rating": "down"}
        response = await client.post("/api/layer2/feedback/", json=sent)
    assert (response.status_code, response.json()["updated"]) == (200, updated)
    assert len(await events(redis, FEEDBACK)) == 1
    if not updated:
        [warning] = response.json()["warnings"]
        assert "30 days" in warning["message"]
        assert "RATCHET_REWARD_WINDOW_DAYS" in warning["message"]


async def test_an_array_of_feedback_names_the_items_that_came_too_late(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    now = utc_now()
    recorded = [
        answered(number, timestamp=at).model_copy(update={"occurred_at": at})
        for number, at in ((1, now - timedelta(days=31)), (2, now - timedelta(days=29)))
    ]
    async with reading(valkey_url, tmp_path, recorded) as client:
        named = [{"query_id": f"q-{number}", "rating": "up"} for number in (2, 3, 1)]
        response = await client.post("/v1/feedback", json=named)
        single = await client.post("/v1/feedback", json={"query_id": "q-2", "rating": "up"})
    assert (response.status_code, response.json()["accepted"]) == (202, 3)
    [warning] = response.json()["warnings"]
    assert (warning["index"], warning["field"]) == (2, "query_id")
    assert "30 days" in warning["message"]
    assert "warnings" not in single.json()
    assert len(await events(redis, FEEDBACK)) == 4


async def test_feedback_is_accepted_without_a_ledger(redis: Redis, valkey_url: str):
    async with api(valkey_url) as client:
        response = await client.post("/v1/feedback", json={"query_id": "q", "rating": "up"})
    assert response.json() == {"accepted": 1, "repeated": 0, "problems": []}
