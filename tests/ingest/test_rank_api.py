"""The ranking API: a scorer or the caller decides the order, and there is always an answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ratchet.contract import CALLERS_ORDER, RankingPolicy
from ratchet_testing.eventually import eventually

from .rankings import (
    CANDIDATES,
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


async def test_without_a_scorer_the_ranking_is_the_callers_order_with_a_note(
    client: httpx.AsyncClient, redis: Redis
):
    answer = await rank(client)
    assert answer["note"] == "no scorer yet: the caller's order"
    assert order_of(answer) == [0, 1, 2, 3, 4, 5]
    assert {place["propensity"] for place in answer["ranking"]} == {1.0}
    assert (answer["scorer"], answer["composition_score"]) == (None, None)
    assert (answer["shown"], answer["explored"]) == (6, False)
    [event] = await decided(redis)
    assert (event.scorer, event.policy, event.propensity) == (None, CALLERS_ORDER, 1.0)
    assert event.event_id == answer["decision_id"]


async def test_required_widgets_are_shown_in_the_callers_order(client: httpx.AsyncClient):
    answer = await rank(client, limit=2)
    assert order_of(answer)[:2] == [1, 4]
    assert answer["shown"] == 2


async def test_with_a_scorer_the_score_decides(client: httpx.AsyncClient, trainer: Any):
    await trainer.publish("s1")
    await in_service(client, "s1")
    answer = await rank(client)
    scores = [place["score"] for place in answer["ranking"]]
    assert scores == sorted(scores, reverse=True)
    assert [place["position"] for place in answer["ranking"]] == [0, 1, 2, 3, 4, 5]
    assert sorted(order_of(answer)) == [0, 1, 2, 3, 4, 5]
    for place in answer["ranking"]:
        candidate: Any = CANDIDATES[place["index"]]
        sent = candidate if isinstance(candidate, dict) else {"scenario": candidate}
        assert place["scenario"] == sent["scenario"]
        assert abs(place["score"] - sent.get("relevance", 0.5)) <= 1.0
    assert -1 <= answer["composition_score"] <= 1
    assert answer["note"] is None
    assert answer["scorer"] == {
        "version": "s1",
        "parameters": 98_929,
        "embedding": "hashing-768-1",
        "trained_on": 812,
    }


async def test_the_limit_is_at_most_the_number_of_candidates(client: httpx.AsyncClient):
    assert (await rank(client, limit=24))["shown"] == 6
    assert (await rank(client, candidates=["kpi"] * 60))["shown"] == 24
    assert (await rank(client, candidates=["kpi"]))["shown"] == 1


async def test_a_null_counts_as_missing(client: httpx.AsyncClient):
    intent = {"type": "query", "domains": None, "entities": {"devices": None}}
    candidates = [{"scenario": "kpi", "relevance": None, "size": None, "required": None}]
    answer = await rank(client, intent=intent, candidates=candidates, limit=None, user_id=None)
    assert answer["shown"] == 1
    assert (await rank(client, intent=None))["shown"] == 6


async def test_unknown_scenarios_are_ranked_and_counted(client: httpx.AsyncClient, trainer: Any):
    await trainer.publish("s1")
    await in_service(client, "s1")
    answer = await rank(client, candidates=["kpi", "hologram", "hologram"])
    assert sorted(order_of(answer)) == [0, 1, 2]
    metrics = (await client.get("/metrics")).text
    assert "ratchet_rank_unknown_scenarios_total 2.0" in metrics
    assert "hologram" not in metrics


async def test_a_new_scorer_takes_over_between_requests_only(
    client: httpx.AsyncClient, trainer: Any
):
    await trainer.publish("s1")
    await in_service(client, "s1")
    answers: list[dict[str, Any]] = []
    enough = asyncio.Event()

    async def ask_on() -> None:
        while not enough.is_set():
            answers.append(await rank(client))

    asking = [asyncio.create_task(ask_on()) for _ in range(4)]
    for number in range(2, 7):
        await trainer.publish(f"s{number}", seed=number)
        await in_service(client, f"s{number}")
    enough.set()
    await asyncio.gather(*asking)
    seen: dict[str, set[str]] = {}
    for answer in answers:
        scored = {key: answer[key] for key in ("ranking", "composition_score", "scorer")}
        seen.setdefault(answer["scorer"]["version"], set()).add(json.dumps(scored))
    assert len(seen) > 1
    assert all(len(answers) == 1 for answers in seen.values()), "a version answers always the same"
    assert len(set.union(*seen.values())) == len(seen)


async def test_after_a_withdrawal_the_ranking_is_the_callers_order(
    client: httpx.AsyncClient, trainer: Any
):
    await trainer.publish("s1")
    await in_service(client, "s1")
    await trainer.withdraw("s1")

    async def withdrawn() -> bool:
        return (await ranking_of(client))["scorer"] is None

    await eventually(withdrawn)
    answer = await rank(client)
    assert answer["note"] == "scorer s1 was withdrawn: the caller's order"
    assert order_of(answer) == [0, 1, 2, 3, 4, 5]


async def test_requests_are_counted_by_outcome(client: httpx.AsyncClient):
    await rank(client)
    await client.post("/v1/rank", json=body(candidates=[]))
    await client.post("/v1/rank", json=body(candidates=["kpi"] * 101))
    metrics = (await client.get("/metrics")).text
    assert 'ratchet_rank_requests_total{outcome="callers_order"} 1.0' in metrics
    assert 'ratchet_rank_requests_total{outcome="rejected"} 2.0' in metrics
    assert "ratchet_rank_seconds_count 1.0" in metrics
    assert 'ratchet_ranking_embedding_info{name="hashing-768-1"} 1.0' in metrics


async def test_status_shows_the_scorer_in_service(client: httpx.AsyncClient, trainer: Any):
    status = (await client.get("/status")).json()
    assert status["summary"] == "ranking in the caller's order: no scorer yet"
    assert status["ranking"] == {
        "scorer": None,
        "embedding": "hashing-768-1",
        "policy": CALLERS_ORDER.model_dump(),
        "problem": None,
        "decisions": 0,
        "unlogged": 0,
    }
    await trainer.publish("s812-3f9a1c0b2d4e")
    await in_service(client, "s812-3f9a1c0b2d4e")
    await rank(client)
    status = (await client.get("/status")).json()
    assert status["summary"] == "ranking with s812-3f9a1c0b2d4e, trained on 812"
    assert status["ranking"]["scorer"]["parameters"] == 98_929
    assert status["ranking"]["policy"] == RankingPolicy().model_dump()
    assert status["ranking"]["decisions"] == 1
    await trainer.publish("s900", embedding="all-mpnet-base-v2")

    async def refused() -> str | None:
        return (await ranking_of(client))["problem"]

    assert "scorer s900 cannot be used: it was trained with" in str(await eventually(refused))


async def test_the_openapi_and_asyncapi_documents_describe_rankings(client: httpx.AsyncClient):
    from openapi_spec_validator import validate

    document = (await client.get("/openapi.json")).json()
    validate(document)
    schemas = document["components"]["schemas"]
    route = document["paths"]["/v1/rank"]["post"]
    assert "#/components/schemas/RankRequest" in json.dumps(route["requestBody"])
    assert "#/components/schemas/RankAnswer" in json.dumps(route["responses"]["200"])
    assert {"200", "413", "422"} <= set(route["responses"])
    schema = schemas["RankRequest"]
    assert set(schema["required"]) == {"transcript", "candidates"}
    assert {"type": "string"} in schema["properties"]["candidates"]["items"]["anyOf"]
    assert set(schemas["RankAnswer"]["required"]) == set(schemas["RankAnswer"]["properties"])
    asyncapi = json.dumps((await client.get("/asyncapi.json")).json())
    assert "DecisionMade" in asyncapi
