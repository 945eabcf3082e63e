"""Unfinished bodies take a bounded amount of memory, and no client takes another's."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ingest.app import create_app
from ingest.settings import IngestSettings
from ratchet_testing.running_intake import serving

MIB = 1 << 20
URL = "http://localhost"


@pytest.fixture
async def intake(redis: Redis, valkey_url: str) -> AsyncIterator[tuple[Any, httpx.AsyncClient]]:
    settings = IngestSettings(
        redis_url=valkey_url,  # type: ignore[arg-type]
        data_dir="no-such-directory",  # type: ignore[arg-type]
        ingest_max_buffered_bytes=8 * MIB,
    )
    app = create_app(settings)
    async with serving(app) as client:
        yield app, client


async def held(app: Any, address: str, size: int) -> "asyncio.Task[list[int]]":
    """A request with an unfinished body; the task returns the statuses that it got."""
    transport = httpx.ASGITransport(app, client=(address, 1))
    waiting = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        for _ in range(size // 65_536):
            yield bytes(65_536)
        waiting.set()
        await asyncio.Event().wait()

    async def post() -> list[int]:
        try:
            async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
                return [(await client.post("/v1/feedback", content=body())).status_code]
        finally:
            waiting.set()

    task = asyncio.create_task(post())
    await waiting.wait()
    return task


async def test_one_client_holds_half_of_the_room_at_most(
    intake: tuple[Any, httpx.AsyncClient],
):
    app, client = intake
    first = await held(app, "10.0.0.1", 3 * MIB)
    second = await held(app, "10.0.0.1", 3 * MIB)
    assert await second == [429]
    answer = await client.post("/v1/feedback", json={"query_id": "q", "rating": "up"})
    assert answer.status_code == 202
    first.cancel()


async def test_all_clients_together_hold_no_more_than_the_room(
    intake: tuple[Any, httpx.AsyncClient],
):
    app, _ = intake
    tasks = [await held(app, f"10.0.0.{number}", 3 * MIB) for number in range(5)]
    refused = [task for task in tasks if task.done()]
    assert [await task for task in refused] == [[503]] * 3
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    again = await held(app, "10.0.0.9", 3 * MIB)
    assert not again.done()
    again.cancel()


@pytest.mark.parametrize("path", ["approve-training", "approve-training/"])
async def test_the_route_without_a_key_reads_no_large_body(client: httpx.AsyncClient, path: str):
    answer = await client.post(f"/api/layer2/{path}", content=bytes(2000))
    assert answer.status_code == 413
    assert (await client.post(f"/api/layer2/{path}", json={})).status_code == 200
