"""The ranking API: the answer equals the logged decision, and there is always an answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from ingest.app import create_app
from ingest.settings import IngestSettings
from ratchet.contract import CALLERS_ORDER, DECISIONS, SCORERS, DecisionMade, RankingPolicy
from ratchet_testing.eventually import eventually
from ratchet_testing.running_intake import serving
from ratchet_testing.valkey import free_port, valkey_server

CANDIDATES = [
    {"scenario": "trend", "relevance": 0.6, "size": "expanded"},
    {"scenario": "alerts", "relevance": 0.1, "required": True},
    {"scenario": "comparison", "relevance": 0.5},
    "timeline",
    {"scenario": "kpi", "relevance": 0.55, "size": "compact", "required": True},
    {"scenario": "trend", "relevance": 0.6, "size": "compact"},
]
SURE_TO_EXPLORE = 0.9999


def body(**changes: Any) -> dict[str, Any]:
    return {
        "transcript": "What is the power of pump 001 today?",
        "intent": {
            "type": "query",
            "domains": ["industrial"],
            "entities": {"devices": ["pump-001"], "time": "today"},
            "confidence": 0.92,
            "primary_characteristic": "energy",
        },
        "candidates": CANDIDATES,
        "user_id": "operator-1",
        **changes,
    }


def api(
    url: str, data_dir: Path, draw: Callable[[], float] = lambda: 0.0, **changes: Any
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    changes = {"ingest_decision_timeout_s": 10, **changes}
    settings = IngestSettings(redis_url=url, data_dir=data_dir, **changes)  # type: ignore[arg-type]
    return serving(create_app(settings, draw))


@pytest.fixture
async def client(redis: Redis, valkey_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with api(valkey_url, tmp_path) as client:
        yield client


async def rank(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    response = await client.post("/v1/rank", json=body(**changes))
    assert response.status_code == 200, response.text
    return dict(response.json())


async def ranking_of(client: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await client.get("/status")).json()["ranking"])


async def in_service(client: httpx.AsyncClient, version: str) -> None:
    async def serving() -> bool:
        scorer = (await ranking_of(client))["scorer"]
        return scorer is not None and scorer["version"] == version

    await eventually(serving)


async def decided(redis: Redis) -> list[DecisionMade]:
    return [
        DECISIONS.adapter.validate_json(fields[b"__data__"])
        for _, fields in await redis.xrange(DECISIONS.key)
    ]


def order_of(answer: dict[str, Any]) -> list[int]:
    return [place["index"] for place in answer["ranking"]]


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
