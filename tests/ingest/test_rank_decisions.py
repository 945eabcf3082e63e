"""The logged decision equals the answer, and without Redis the ranking is greedy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ratchet.contract import SCORERS, RankingPolicy
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port, valkey_server

from .rankings import (
    SURE_TO_EXPLORE,
    api,
    body,
    decided,
    in_service,
    order_of,
    rank,
    ranking_of,
)


@pytest.fixture
async def client(redis: Redis, valkey_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with api(valkey_url, tmp_path) as client:
        yield client


async def test_the_logged_decision_equals_the_answer(
    redis: Redis, valkey_url: str, trainer: Any, tmp_path: Path
):
    async with api(valkey_url, tmp_path, lambda: SURE_TO_EXPLORE) as client:
        await trainer.publish("s1", policy=RankingPolicy(share=0.4))
        await in_service(client, "s1")
        answer = await rank(client, limit=4)
    [event] = await decided(redis)
    assert event.event_id == answer["decision_id"]
    assert list(event.order) == order_of(answer)
    assert [event.worths[index] for index in event.order] == [
        place["score"] for place in answer["ranking"]
    ]
    assert event.limit == answer["shown"] == 4
    assert answer["explored"]
    assert 0 < event.propensity < 0.4
    assert (event.scorer, event.policy.share) == ("s1", 0.4)
    assert event.query.transcript == body()["transcript"]
    assert (event.query.devices, event.query.timed) == (1, True)
    assert event.user_id == "operator-1"
    assert event.candidates[3].scenario == "timeline"
    assert event.candidates[1].required


@asynccontextmanager
async def ranking_alone(
    trainer: Any, tmp_path: Path, **changes: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, Redis]]:
    """An API sure to explore, with a scorer and a server of its own that may come to harm."""
    content, event = trainer.train("s1")
    trainer.store(content)
    with valkey_server(tmp_path, free_port()) as url:
        async with (
            Redis.from_url(url) as redis,
            api(url, tmp_path, lambda: SURE_TO_EXPLORE, **changes) as client,
        ):
            await redis.xadd(SCORERS.key, {"__data__": event.model_dump_json()})
            await in_service(client, "s1")
            yield client, redis


async def unlogged_and_greedy(client: httpx.AsyncClient) -> None:
    answer = await rank(client, limit=3)
    assert answer["decision_id"] is None
    assert answer["note"] == "the decision was not logged, so nothing was explored"
    assert not answer["explored"]
    assert {place["propensity"] for place in answer["ranking"]} == {1.0}
    assert {1, 4} <= set(order_of(answer)[:3])
    free = [place["score"] for place in answer["ranking"] if place["index"] not in (1, 4)]
    assert free == sorted(free, reverse=True)


async def test_without_redis_the_ranking_is_greedy_with_a_note(
    trainer: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    async with ranking_alone(trainer, tmp_path) as (client, redis):
        assert (await rank(client, limit=3))["explored"]
        await redis.shutdown(nosave=True)
        for _ in range(3):
            await unlogged_and_greedy(client)
        assert (await ranking_of(client))["unlogged"] == 3
        metrics = (await client.get("/metrics")).text
    assert "ratchet_rank_unlogged_total 3.0" in metrics
    assert 'ratchet_rank_requests_total{outcome="scored"} 4.0' in metrics
    assert "ratchet_rank_explored_total 1.0" in metrics
    assert len([r for r in caplog.records if "decisions are not logged" in r.getMessage()]) == 1


async def test_a_ranking_does_not_wait_for_an_unresponsive_redis(trainer: Any, tmp_path: Path):
    changes = {"ingest_decision_timeout_s": 0.1}
    async with ranking_alone(trainer, tmp_path, **changes) as (client, redis):
        await redis.client_pause(1_500)
        async with asyncio.timeout(2):
            await asyncio.gather(*(unlogged_and_greedy(client) for _ in range(5)))

        async def logged_again() -> bool:
            return (await rank(client))["decision_id"] is not None

        await eventually(logged_again)


async def test_with_a_full_redis_the_ranking_is_greedy(trainer: Any, tmp_path: Path):
    async with ranking_alone(trainer, tmp_path) as (client, redis):
        await redis.config_set("maxmemory", "1mb")
        await unlogged_and_greedy(client)


async def test_every_decision_id_is_on_the_stream(client: httpx.AsyncClient, redis: Redis):
    answers = await asyncio.gather(*(rank(client) for _ in range(50)))
    ids = {answer["decision_id"] for answer in answers}
    assert ids == {event.event_id for event in await decided(redis)}
    assert len(ids) == 50
