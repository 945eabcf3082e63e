"""Idempotency-Key: sent again, a POST gets its first answer and has no second effect."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from ratchet.contract import COMMANDS, DECISIONS, EXPERIENCES, FEEDBACK, STREAMS
from ratchet_testing.running_intake import api, events
from ratchet_testing.valkey import free_port

from .test_keys_over_http import OPERATIONS, WRITES

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
CALLS = {**WRITES, **OPERATIONS}


async def everything(redis: Redis) -> list[Any]:
    return [event for stream in STREAMS for event in await events(redis, stream)]


@pytest.mark.parametrize("path", CALLS)
async def test_the_same_call_again_gets_the_first_answer_and_has_one_effect(
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


async def test_an_answer_with_problems_is_the_same_again(client: httpx.AsyncClient, redis: Redis):
    sent = [{"query_id": QUERY_ID, "event_id": "fact-0001"}, {"query_id": ""}]
    first, again = [
        (await client.post("/v1/experiences", json=sent, headers=KEY)).json() for _ in range(2)
    ]
    assert first == again
    assert (first["accepted"], first["repeated"], len(first["problems"])) == (1, 0, 1)
    assert len(await events(redis, EXPERIENCES)) == 1


async def test_it_holds_across_replicas_and_for_calls_at_once(redis: Redis, valkey_url: str):
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
async def test_when_redis_is_lost_around_the_transaction_the_retry_settles_it(
    redis: Redis, valkey_url: str, monkeypatch: pytest.MonkeyPatch, path: str, lost: str
):
    """Whatever was answered meanwhile: afterwards there is one effect and its one answer."""
    execute = Pipeline.execute

    async def cut(self: Pipeline, *arguments: Any, **how: Any) -> Any:
        if lost == "after":
            await execute(self, *arguments, **how)
        raise ConnectionResetError("the line was cut")

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


async def test_the_same_key_of_another_client_or_path_is_another_key(
    client: httpx.AsyncClient, redis: Redis
):
    await client.post("/v1/feedback", json=WRITES["/v1/feedback"], headers=KEY)
    compatible = await client.post(
        "/api/layer2/feedback/", json=WRITES["/v1/feedback"], headers=KEY
    )
    assert compatible.json() == {"status": "ok", "updated": True}
    assert len(await events(redis, FEEDBACK)) == 2


async def test_a_refused_call_may_be_mended_under_the_same_key(client: httpx.AsyncClient):
    assert (await client.post("/v1/feedback", json={}, headers=KEY)).status_code == 422
    mended = await client.post("/v1/feedback", json=WRITES["/v1/feedback"], headers=KEY)
    assert mended.status_code == 202


async def test_answers_are_kept_for_a_day(client: httpx.AsyncClient, redis: Redis):
    await client.post("/v1/feedback", json=WRITES["/v1/feedback"], headers=KEY)
    [key] = await redis.keys("ratchet:answered:*")
    assert 86_000 < await redis.ttl(key) <= 86_400


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_of_no_use_is_refused(client: httpx.AsyncClient, redis: Redis, key: str):
    answer = await client.post(
        "/v1/feedback", json=WRITES["/v1/feedback"], headers={"Idempotency-Key": key}
    )
    assert answer.status_code == 422
    assert await everything(redis) == []


async def test_without_redis_a_ranking_is_given_out_all_the_same():
    async with api(f"redis://127.0.0.1:{free_port()}/0") as client:
        answer = await client.post("/v1/rank", json=WRITES["/v1/rank"], headers=KEY)
    assert (answer.status_code, answer.json()["decision_id"]) == (200, None)


async def test_a_ranking_again_is_the_decision_that_was_logged(
    client: httpx.AsyncClient, redis: Redis
):
    for _ in range(3):
        answer = await client.post("/v1/rank", json=WRITES["/v1/rank"], headers=KEY)
    [event] = await events(redis, DECISIONS)
    assert answer.json()["decision_id"] == event.event_id
    assert await events(redis, COMMANDS) == []
