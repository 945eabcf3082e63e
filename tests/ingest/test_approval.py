"""Approving a run costs little: a small body, a limit per minute."""

from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis
from starlette.types import Message

from ingest.http.problems import problem_response
from ratchet.contract import COMMANDS
from ratchet_edge.clients import Client
from ratchet_edge.middleware.body_limits import BodyLimits
from ratchet_edge.shares import ClientRates
from ratchet_testing.running_intake import api, events

PATH = "/api/layer2/approve-training/"


async def chunks() -> AsyncIterator[bytes]:
    for _ in range(1000):
        yield b"x" * 50


@pytest.mark.parametrize("path", [PATH, PATH.rstrip("/")])
async def test_a_body_beyond_a_few_bytes_is_refused(
    client: httpx.AsyncClient, redis: Redis, path: str
):
    for body in (b"x" * 257, b"x" * 15_000_000, chunks()):
        assert (await client.post(path, content=body)).status_code == 413
    assert await events(redis, COMMANDS) == []
    assert (await client.post(path, content=b"{}")).status_code == 200


async def test_a_body_whose_declared_length_is_too_large_is_not_read():
    async def receive() -> Message:
        raise AssertionError("a byte of the body was read")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    limits = BodyLimits(receive, 1000, {PATH: 256}, 2000, ClientRates(10, 2000), problem_response)  # type: ignore[arg-type]
    headers = [(b"content-length", b"257")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "headers": headers,
        "state": {"client": Client("127.0.0.1")},
    }
    await limits(scope, receive, send)
    assert sent[0]["status"] == 413


async def test_the_calls_of_one_client_are_limited_apart_from_its_feedback(
    redis: Redis, valkey_url: str
):
    async with api(valkey_url, ingest_feedback_per_minute=3) as client:
        codes = [
            (await client.post(PATH, headers={"Idempotency-Key": f"{n}"})).status_code
            for n in range(5)
        ]
        body = {"query_id": "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01", "rating": "up"}
        feedback = await client.post("/api/layer2/feedback/", json=body)
    assert codes == [200, 200, 200, 429, 429]
    assert feedback.status_code == 200
    assert len(await events(redis, COMMANDS)) == 3
