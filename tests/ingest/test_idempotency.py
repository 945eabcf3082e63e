"""Idempotency-Key: a repeated POST gets its first answer and has no second effect."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from ratchet.contract import COMMANDS, DECISIONS, EXPERIENCES, FEEDBACK, STREAMS
from ratchet_testing.running_intake import api, events
from ratchet_testing.valkey import free_port

from .test_authentication import OPERATIONS, TEACHES, WRITES

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
CALLS = {**WRITES, **OPERATIONS, **TEACHES}
del CALLS["/v1/check"]  # it has no effect
EARLIER = json.loads((Path(__file__).parent / "earlier" / "idempotency_records.json").read_text())
"""Records that the previous release stored, with the requests that they answered."""


async def everything(redis: Redis) -> list[Any]:
    return [event for stream in STREAMS for event in await events(redis, stream)]


@pytest.mark.parametrize("path", CALLS)
async def test_a_repeated_request_gets_the_first_answer_and_has_one_effect(
    client: httpx.AsyncClient, redis: Redis, path: str
):
    first = await client.post(path, json=CALLS[path], headers=KEY)
    again = await client.post(path, json=CALLS[path], headers=KEY)
    assert first.is_success
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(await everything(redis)) == 1


@pytest.mark.parametrize("path", CALLS)
async def test_the_same_key_with_another_body_is_422(
    client: httpx.AsyncClient, redis: Redis, path: str
):
    await client.post(path, json=CALLS[path], headers=KEY)
    other = await client.post(path, json={**CALLS[path], "more": 1, "reason": "x"}, headers=KEY)
    if path.startswith("/v1/commands/"):
        other = await client.post(path, json={"requested_by": "otto"}, headers=KEY)
    assert other.status_code == 422
    assert "another body" in other.json()["error"]
    assert len(await everything(redis)) == 1


async def test_an_answer_with_problems_is_replayed(client: httpx.AsyncClient, redis: Redis):
    sent = [{**WRITES["/v1/experiences"], "event_id": "fact-0001"}, {"query_id": ""}]
    first, again = [
        (await client.post("/v1/experiences", json=sent, headers=KEY)).json() for _ in range(2)
    ]
    assert first == again
    assert (first["accepted"], first["repeated"], len(first["problems"])) == (1, 0, 1)
    assert len(await events(redis, EXPERIENCES)) == 1


@pytest.mark.parametrize("earlier", EARLIER, ids=lambda earlier: earlier["path"])
async def test_an_answer_stored_by_the_previous_release_is_replayed(
    client: httpx.AsyncClient, redis: Redis, earlier: dict[str, str]
):
    await redis.set(earlier["key"], earlier["stored"])
    answer = await client.post(earlier["path"], content=earlier["body"], headers=KEY)
    _, status, body = json.loads(earlier["stored"])
    assert (answer.status_code, answer.text) == (status, body)
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert await everything(redis) == []


async def test_items_that_were_all_new_are_stored_as_the_previous_release_reads_them(
    client: httpx.AsyncClient, redis: Redis
):
    first = await client.post("/v1/feedback", json=WRITES["/v1/feedback"], headers=KEY)
    [key] = await redis.keys("ratchet:answered:*")
    fingerprint, status, body = json.loads(await redis.get(key))
    assert (status, body) == (first.status_code, first.text)
    assert len(fingerprint) == 64


async def test_a_replay_counts_the_items_that_were_repeated_at_first(
    client: httpx.AsyncClient, redis: Redis
):
    known = {"query_id": QUERY_ID, "event_id": "fact-0001", "rating": "up"}
    await client.post("/v1/feedback", json=known)
    items = [known, {"query_id": QUERY_ID, "event_id": "fact-0002", "rating": "down"}, known]
    first, again = [await client.post("/v1/feedback", json=items, headers=KEY) for _ in range(2)]
    assert first.json() == {"accepted": 3, "repeated": 2, "problems": []}
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(await events(redis, FEEDBACK)) == 2


async def test_feedback_of_the_page_that_was_known_is_replayed_as_it_was(
    client: httpx.AsyncClient, redis: Redis
):
    item = {"query_id": QUERY_ID, "event_id": "fact-0001", "rating": "up"}
    await client.post("/v1/feedback", json=item)
    path = "/api/layer2/feedback/"
    first, again = [await client.post(path, json=item, headers=KEY) for _ in range(2)]
    assert first.json() == again.json() == {"status": "ok", "updated": True}
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(await events(redis, FEEDBACK)) == 1


async def test_a_key_holds_across_replicas_and_for_parallel_calls(redis: Redis, valkey_url: str):
    async with api(valkey_url) as one, api(valkey_url) as other:
        sent = [{"query_id": QUERY_ID, "rating": "up"}] * 3
        answers = await asyncio.gather(
            *(replica.post("/v1/feedback", json=sent, headers=KEY) for replica in [one, other] * 5)
        )
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (202, '{"accepted":3,"repeated":0,"problems":[]}')
    }
    assert len(await events(redis, FEEDBACK)) == 3


@pytest.mark.parametrize("path", ["/v1/experiences", "/v1/commands/training", "/v1/rank"])
@pytest.mark.parametrize("lost", ["before", "after"])
async def test_a_retry_after_a_lost_connection_to_redis_has_one_effect(
    redis: Redis, valkey_url: str, monkeypatch: pytest.MonkeyPatch, path: str, lost: str
):
    """The connection breaks just before or after the transaction."""
    execute = Pipeline.execute

    async def cut(self: Pipeline, *arguments: Any, **how: Any) -> Any:
        if lost == "after":
            await execute(self, *arguments, **how)
        raise ConnectionResetError("the connection broke")

    async with api(valkey_url) as client:
        with monkeypatch.context() as cutting:
            cutting.setattr(Pipeline, "execute", cut)
            with suppress(ConnectionResetError):
                await client.post(path, json=CALLS[path], headers=KEY)
        second = await client.post(path, json=CALLS[path], headers=KEY)
        third = await client.post(path, json=CALLS[path], headers=KEY)
    assert second.is_success
    assert (second.status_code, second.content) == (third.status_code, third.content)
    assert second.headers.get("Idempotent-Replayed") == ("true" if lost == "after" else None)
    assert len(await everything(redis)) == 1


async def test_a_key_is_separate_for_each_client_and_path(client: httpx.AsyncClient, redis: Redis):
    await client.post("/v1/feedback", json=WRITES["/v1/feedback"], headers=KEY)
    compatible = await client.post(
        "/api/layer2/feedback/", json=WRITES["/v1/feedback"], headers=KEY
    )
    assert compatible.json() == {"status": "ok", "updated": True}
    assert len(await events(redis, FEEDBACK)) == 2


async def test_a_refused_request_may_be_corrected_under_the_same_key(client: httpx.AsyncClient):
    assert (await client.post("/v1/feedback", json={}, headers=KEY)).status_code == 422
    corrected = await client.post("/v1/feedback", json=WRITES["/v1/feedback"], headers=KEY)
    assert corrected.status_code == 202


async def test_answers_are_stored_for_a_day(client: httpx.AsyncClient, redis: Redis):
    await client.post("/v1/feedback", json=WRITES["/v1/feedback"], headers=KEY)
    [key] = await redis.keys("ratchet:answered:*")
    assert 86_000 < await redis.ttl(key) <= 86_400


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_an_empty_or_too_long_key_is_refused(
    client: httpx.AsyncClient, redis: Redis, key: str
):
    answer = await client.post(
        "/v1/feedback", json=WRITES["/v1/feedback"], headers={"Idempotency-Key": key}
    )
    assert answer.status_code == 422
    assert await everything(redis) == []


async def test_a_ranking_needs_no_redis():
    async with api(f"redis://127.0.0.1:{free_port()}/0") as client:
        answer = await client.post("/v1/rank", json=WRITES["/v1/rank"], headers=KEY)
    assert (answer.status_code, answer.json()["decision_id"]) == (200, None)


async def test_a_repeated_ranking_returns_the_logged_decision(
    client: httpx.AsyncClient, redis: Redis
):
    for _ in range(3):
        answer = await client.post("/v1/rank", json=WRITES["/v1/rank"], headers=KEY)
    [event] = await events(redis, DECISIONS)
    assert answer.json()["decision_id"] == event.event_id
    assert await events(redis, COMMANDS) == []
