"""No client fills Redis for another: beyond its share it gets 429, and others still get 202."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ingest.app import create_app
from ingest.settings import IngestSettings
from ratchet.contract import FEEDBACK
from ratchet_edge.held_bytes import HeldBytes, bytes_needed
from ratchet_testing.eventually import eventually
from ratchet_testing.running_intake import serving
from ratchet_testing.valkey import free_port, valkey_server

GREEDY, HONEST = "10.0.0.1", "10.0.0.2"
SHORT = {"query_id": "q", "rating": "up"}
LARGE = "x" * 60_000


@pytest.fixture(scope="module")
def small_redis(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with valkey_server(tmp_path_factory.mktemp("valkey"), free_port(), "48mb") as url:
        yield url


@pytest.fixture
async def app(small_redis: str) -> AsyncIterator[Any]:
    async with Redis.from_url(small_redis) as redis:
        await redis.flushall()
    settings = {"redis_url": small_redis, "ingest_calls_per_minute": 1_000_000}
    application = create_app(IngestSettings(data_dir="no-such-directory", **settings))  # type: ignore[arg-type]
    async with serving(application):
        yield application


async def post(
    app: Any, address: str, *items: dict[str, Any], path: str = "/v1/feedback"
) -> httpx.Response:
    transport = httpx.ASGITransport(app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.post(path, json=list(items))


def large(number: int, size: int = len(LARGE)) -> dict[str, Any]:
    return {"query_id": f"fill-{number}", "evaluation_reasoning": LARGE[:size]}


async def fill(app: Any) -> tuple[int, httpx.Response]:
    """The requests until even a short item of the greedy client is refused, and that answer."""
    number = 0
    answer = httpx.Response(202)
    for items in ([large(item) for item in range(10)], [large(1)], [large(1, 6_000)], [SHORT]):
        answer = await post(app, GREEDY, *items)
        while answer.status_code == 202:
            number += 1
            answer = await post(app, GREEDY, *items)
    return number, answer


async def test_a_client_that_fills_redis_gets_429_while_another_gets_202(
    app: Any, small_redis: str
):
    accepted, refused = await fill(app)
    assert accepted > 10
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert "share" in refused.json()["detail"]
    async with Redis.from_url(small_redis) as redis:
        memory = await redis.info("memory")
        assert memory["used_memory"] < 0.8 * memory["maxmemory"]
    for number in range(20):
        answer = await post(app, HONEST, {"query_id": f"q-{number}", "rating": "up"})
        assert answer.status_code == 202
    assert (await post(app, GREEDY, large(1))).status_code == 429
    assert (await post(app, HONEST, large(1))).status_code == 202


async def test_a_client_gets_room_again_when_its_events_left_the_stream(app: Any, small_redis: str):
    await fill(app)
    async with Redis.from_url(small_redis) as redis:
        await redis.xtrim(FEEDBACK.key, maxlen=0, approximate=False)

    async def accepted() -> bool:
        return (await post(app, GREEDY, large(1))).status_code == 202

    await eventually(accepted, 10)


async def test_a_client_beyond_its_share_still_gets_a_ranking(app: Any):
    transport = httpx.ASGITransport(app, client=(GREEDY, 1))
    body = {"transcript": "How hot is pump 2?", "candidates": ["kpi", "trend"]}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:

        async def ranked_without_room() -> bool:
            """Whether no new look at the room came between the last item and the question."""
            await fill(app)
            answer = await client.post("/v1/rank", json=body)
            assert answer.status_code == 200
            return answer.json()["decision_id"] is None

        await eventually(ranked_without_room, 30)


def test_bytes_count_until_their_stream_begins_after_them():
    held = HeldBytes()
    for second in range(10):
        held.add("a", "feedback", 500_000, 10, float(second))
    held.add("b", "feedback", 10, 1, 3.0)
    assert held.of("a") == 10 * bytes_needed(500_000, 10)
    held.drop({"feedback": 5.5}, 10.0)
    assert held.of("b") == 1024
    assert held.of("a") == 4 * bytes_needed(500_000, 10) + 6 * 10 * 1024
    held.drop({"feedback": 11.0}, 61 * 86_400.0)
    assert held.of("a") == held.of("b") == 0


def test_a_weeks_worth_of_small_events_is_few_blocks(tmp_path: Path):
    held = HeldBytes()
    for minute in range(7 * 24 * 60):
        held.add("panel", "feedback", 300, 1, minute * 60.0)
    assert sum(len(blocks) for blocks in held._clients["panel"].blocks.values()) < 200


WRITES = [
    "/v1/experiences",
    "/v1/feedback",
    "/v1/corrections",
    "/v1/traces",
    "/v1/pairs",
    "/v1/rank",
    "/v1/commands/training",
    "/v1/commands/rollback",
    "/api/layer2/feedback/",
    "/api/layer2/approve-training/",
]


@pytest.mark.parametrize("path", WRITES)
async def test_every_route_that_writes_has_a_rate_for_each_client(small_redis: str, path: str):
    settings = {"ingest_calls_per_minute": 1, "redis_url": small_redis}
    application = create_app(IngestSettings(data_dir="no-such-directory", **settings))  # type: ignore[arg-type]
    async with serving(application):
        answers = [await post(application, GREEDY, SHORT, path=path) for _ in range(4)]
        assert [answer.status_code for answer in answers][2:] == [429, 429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
        assert (await post(application, HONEST, SHORT, path=path)).status_code != 429
        assert (await read(application, GREEDY)).status_code == 200


async def test_a_client_has_a_rate_of_bytes(small_redis: str):
    settings = {"ingest_bytes_per_minute": 100_000, "redis_url": small_redis}
    application = create_app(IngestSettings(data_dir="no-such-directory", **settings))  # type: ignore[arg-type]
    async with serving(application):
        answers = [await post(application, GREEDY, large(number)) for number in range(4)]
        assert [answer.status_code for answer in answers] == [202, 202, 429, 429]
        assert (await post(application, HONEST, SHORT)).status_code == 202


async def read(app: Any, address: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get("/api/layer2/rl-status/")
