"""A ranking request with a fault is refused with its place, and every other gets a ranking."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from .rankings import api, body, decided, in_service, order_of


@pytest.fixture
async def client(redis: Redis, valkey_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with api(valkey_url, tmp_path) as client:
        yield client


DEEP = b"[" * 1_000 + b"]" * 1_000


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (body(candidates=[]), "candidates"),
        (body(candidates=None), "candidates"),
        (body(candidates={"kpi": 1}), "candidates"),
        (body(candidates="kpi"), "candidates"),
        (body(candidates=["kpi", 7]), "candidates.1"),
        (body(candidates=["kpi", None]), "candidates.1"),
        (body(candidates=["kpi", ""]), "candidates.1.scenario"),
        (body(candidates=["kpi", "x" * 101]), "candidates.1.scenario"),
        (body(candidates=[{"relevance": 0.5}]), "candidates.0.scenario"),
        (body(candidates=["kpi", {"scenario": "kpi", "relevance": 1.1}]), "candidates.1.relevance"),
        (body(candidates=[{"scenario": "kpi", "relevance": -0.1}]), "candidates.0.relevance"),
        (body(candidates=[{"scenario": "kpi", "relevance": "high"}]), "candidates.0.relevance"),
        (body(candidates=[{"scenario": "kpi", "relevance": 10**400}]), "candidates.0.relevance"),
        (body(candidates=[{"scenario": "kpi", "required": "perhaps"}]), "candidates.0.required"),
        (body(candidates=[{"scenario": "kpi", "size": {}}]), "candidates.0.size"),
        (body(transcript="x" * 20_001), "transcript"),
        (body(transcript=["what"]), "transcript"),
        ({"candidates": ["kpi"]}, "transcript"),
        (body(intent="query"), "intent"),
        (body(intent={"confidence": "very"}), "intent.confidence"),
        (body(intent={"entities": []}), "intent.entities"),
        (body(limit=0), "limit"),
        (body(limit=25), "limit"),
        (body(limit=2.5), "limit"),
        (body(user_id="x" * 257), "user_id"),
        ([body()], ""),
        ("rank this", ""),
        (None, ""),
    ],
)  # fmt: skip
async def test_an_invalid_field_is_named_with_422(
    client: httpx.AsyncClient, redis: Redis, sent: Any, field: str
):
    response = await client.post("/v1/rank", content=json.dumps(sent))
    assert response.status_code == 422
    assert [problem["field"] for problem in response.json()["problems"]] == [field]
    assert response.json()["error"].startswith(f"{field or 'body'}: ")
    assert await decided(redis) == []


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{ broken",
        b"\xff\xfe\x00",
        b'{"transcript": "\xc3\x28", "candidates": ["kpi"]}',
        b'{"transcript": "\\ud800", "candidates": ["kpi"]}',
        b'{"transcript": "", "candidates": [{"scenario": "kpi", "relevance": NaN}]}',
        b'{"transcript": "", "candidates": [{"scenario": "kpi", "relevance": Infinity}]}',
        b'{"transcript": "", "candidates": [{"scenario": "kpi", "relevance": -Infinity}]}',
        b'{"transcript": "", "candidates": [{"scenario": "kpi", "relevance": 1e999}]}',
        b'{"transcript": "", "candidates": ["kpi"], "intent": {"confidence": NaN}}',
        b'{"transcript": "", "candidates": ["kpi"], "intent": {"entities": {"x": NaN}}}',
        b'{"transcript": "", "candidates": ["kpi"], "limit": 1' + b"0" * 5_000 + b"}",
        DEEP,
        b'{"transcript": "", "candidates": ["kpi"], "intent": {"entities": {"x": ' + DEEP + b"}}}",
    ],
)
async def test_invalid_json_and_nan_are_422(client: httpx.AsyncClient, redis: Redis, sent: bytes):
    response = await client.post("/v1/rank", content=sent)
    assert response.status_code == 422
    assert response.json()["error"]
    assert "problems" in response.json()
    assert await decided(redis) == []


async def test_a_refusal_lists_a_limited_number_of_problems(client: httpx.AsyncClient):
    response = await client.post("/v1/rank", json=body(intent={"domains": [1] * 50_000}))
    assert response.status_code == 422
    assert len(response.json()["problems"]) == 20


async def test_too_many_candidates_are_413_with_the_limit(client: httpx.AsyncClient):
    response = await client.post("/v1/rank", json=body(candidates=["kpi"] * 101))
    assert response.status_code == 413
    assert response.json()["error"] == "send at most 100 candidates at once"


async def test_a_large_body_is_refused_before_it_is_read_completely(client: httpx.AsyncClient):
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    response = await client.post("/v1/rank", content=endless())
    assert response.status_code == 413
    assert "262144 bytes" in response.json()["error"]
    assert sent <= 262_144 + 2 * 65_536


SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)


ANYTHING = st.recursive(SCALAR, nested, max_leaves=8)


CANDIDATE = st.fixed_dictionaries(
    {"scenario": st.sampled_from(["kpi", "alerts", "hologram", ""]) | ANYTHING},
    optional={
        "relevance": st.floats(-0.1, 1.1) | ANYTHING,
        "size": st.just("hero") | ANYTHING,
        "required": st.booleans() | ANYTHING,
    },
)


INTENT = st.fixed_dictionaries(
    {},
    optional={
        "type": st.just("query") | ANYTHING,
        "confidence": st.floats() | ANYTHING,
        "entities": st.dictionaries(st.sampled_from(["devices", "time"]), ANYTHING) | ANYTHING,
        "domains": st.lists(st.text()) | ANYTHING,
        "primary_characteristic": st.just("alerts") | ANYTHING,
    },
)


NEARLY_RIGHT = st.fixed_dictionaries(
    {
        "transcript": st.text(max_size=200) | ANYTHING,
        "candidates": st.lists(CANDIDATE | st.just("kpi"), max_size=6) | ANYTHING,
    },
    optional={
        "intent": INTENT | ANYTHING,
        "limit": st.integers(-1, 30) | ANYTHING,
        "user_id": st.text(max_size=10) | ANYTHING,
    },
)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    sent=st.binary(max_size=200) | (NEARLY_RIGHT | ANYTHING).map(lambda x: json.dumps(x).encode())
)
async def test_every_request_gets_a_ranking_or_a_reason(
    client: httpx.AsyncClient, trainer: Any, sent: bytes
):
    if not trainer.published:
        await trainer.publish("s1")
        await in_service(client, "s1")
    response = await client.post("/v1/rank", content=sent)
    assert response.status_code in (200, 413, 422), response.text
    if response.status_code == 200:
        answer = response.json()
        assert sorted(order_of(answer)) == list(range(len(json.loads(sent)["candidates"])))
        assert answer["decision_id"]
    else:
        assert response.json()["error"]
