"""The intake API: accepted items are on the stream, refused ones are named."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ratchet.contract import (
    COMMANDS,
    EXPERIENCES,
    FEEDBACK,
    ActivationRequested,
    CancelRequested,
    RollbackRequested,
    Stream,
    TrainingRequested,
)
from ratchet_testing.running_intake import api, events
from ratchet_testing.valkey import free_port, valkey_server

QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"


def experience(**changes: Any) -> dict[str, Any]:
    return {
        "query_id": QUERY_ID,
        "timestamp": "2026-01-20T08:00:00",
        "transcript": "What is the power of pump 001?",
        "widget_plan": {"heading": "Pump", "widgets": [{"scenario": "kpi", "size": "hero"}]},
        **changes,
    }


async def test_an_experience_is_on_the_stream_when_the_answer_is_202(
    client: httpx.AsyncClient, redis: Redis
):
    response = await client.post("/v1/experiences", json=experience())
    assert (response.status_code, response.json()) == (
        202,
        {"accepted": 1, "repeated": 0, "problems": []},
    )
    [event] = await events(redis, EXPERIENCES)
    assert event.experience.query_id == QUERY_ID
    assert event.experience.timestamp.isoformat() == "2026-01-20T08:00:00+00:00"


async def test_a_naive_timestamp_is_read_in_the_configured_zone(redis: Redis, valkey_url: str):
    async with api(valkey_url, ingest_naive_zone="Asia/Kolkata") as client:
        await client.post("/v1/experiences", json=experience())
    [event] = await events(redis, EXPERIENCES)
    assert event.experience.timestamp.isoformat() == "2026-01-20T02:30:00+00:00"


@pytest.mark.parametrize("changes", [{"widget_plan": None}, {}], ids=["null", "no key"])
async def test_an_answer_without_widgets_is_nothing_to_warn_of(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, changes: dict[str, Any]
):
    item = {"query_id": QUERY_ID, "transcript": "What?", "voice_response": "42 kW.", **changes}
    response = await client.post("/v1/experiences", json=item)
    assert (response.status_code, response.json().get("warnings")) == (202, None)
    assert [record for record in caplog.records if hasattr(record, "query_id")] == []


@pytest.mark.parametrize("plan", [{}, {"heading": "x"}, "broken", []])
async def test_a_plan_without_widgets_becomes_an_empty_plan_with_a_warning(
    client: httpx.AsyncClient, redis: Redis, caplog: pytest.LogCaptureFixture, plan: Any
):
    response = await client.post("/v1/experiences", json=experience(widget_plan=plan))
    assert response.status_code == 202
    [event] = await events(redis, EXPERIENCES)
    assert event.experience.widget_plan.widgets == ()
    assert [record.query_id for record in caplog.records if hasattr(record, "query_id")] == [
        QUERY_ID
    ]


async def test_an_empty_list_differs_from_a_missing_key(client: httpx.AsyncClient, redis: Redis):
    sent = [
        {"query_id": QUERY_ID, "missing_widgets": []},
        {"query_id": QUERY_ID, "rating": "up"},
    ]
    await client.post("/v1/feedback", json=sent)
    first, second = await events(redis, FEEDBACK)
    assert first.feedback.missing_widgets == ()
    assert second.feedback.missing_widgets is None


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/experiences", {"timestamp": "2026-01-20T08:00:00"}, "query_id"),
        ("/v1/experiences", experience(timestamp="yesterday"), "timestamp"),
        ("/v1/experiences", experience(intent_confidence=1.5), "intent_confidence"),
        (
            "/v1/experiences",
            experience(widget_plan={"widgets": [{"size": "hero"}]}),
            "widget_plan.widgets.0.scenario",
        ),
        ("/v1/feedback", {"query_id": QUERY_ID, "rating": "sideways"}, "rating"),
        ("/v1/feedback", {"query_id": QUERY_ID, "correction": "x" * 501}, "correction"),
        (
            "/v1/feedback",
            {"query_id": QUERY_ID, "per_widget_feedback": [{"widget_index": 0}]},
            "per_widget_feedback.0.widget_index",
        ),
        ("/v1/feedback", "just text", ""),
        ("/v1/commands/training", {}, "requested_by"),
        ("/v1/commands/training", {"requested_by": "maria", "method": "ppo"}, "method"),
        ("/v1/commands/cancel", {"run_id": "r1"}, "requested_by"),
        ("/v1/commands/cancel", {"requested_by": "maria", "run": "r1"}, "run"),
        ("/v1/commands/activation", {"requested_by": "maria"}, "version"),
        ("/v1/commands/activation", {"version": "v1"}, "requested_by"),
        ("/v1/commands/rollback", {}, "requested_by"),
        ("/v1/commands/rollback", {"requested_by": "maria", "version": "v1"}, "version"),
    ],
)
async def test_an_invalid_field_is_named_with_422(
    client: httpx.AsyncClient, path: str, body: Any, field: str
):
    response = await client.post(path, json=body)
    assert response.status_code == 422
    assert field in [problem["field"] for problem in response.json()["problems"]]
    assert response.json()["error"].startswith(field or "body")


async def test_an_invalid_item_affects_no_other_item_of_its_batch(
    client: httpx.AsyncClient, redis: Redis
):
    batch = [experience(), {"query_id": ""}, 7, experience(query_id="other-query")]
    response = await client.post("/v1/experiences", json=batch)
    assert response.status_code == 202
    assert response.json()["accepted"] == 2
    assert [(p["index"], p["field"]) for p in response.json()["problems"]] == [
        (1, "query_id"),
        (2, ""),
    ]
    stored = [event.experience.query_id for event in await events(redis, EXPERIENCES)]
    assert stored == [QUERY_ID, "other-query"]


@pytest.mark.parametrize(
    ("body", "status"), [(b"{ broken", 422), (b"[]", 422), (b"", 422), (b"[1e999]", 422)]
)
async def test_a_body_that_is_not_json_is_refused_with_the_reason(
    client: httpx.AsyncClient, body: bytes, status: int
):
    response = await client.post("/v1/experiences", content=body)
    assert response.status_code == status
    assert response.json()["error"]


async def test_too_many_items_are_413(redis: Redis, valkey_url: str):
    async with api(valkey_url, ingest_max_batch=2, ingest_max_body_bytes=2048) as client:
        many = await client.post("/v1/feedback", json=[{"query_id": "q"}] * 3)
        large = await client.post("/v1/feedback", content=b" " * 4096)
    assert (many.status_code, large.status_code) == (413, 413)
    assert "2 items" in many.json()["error"]


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("training", {}, TrainingRequested),
        ("training", {"method": "kto", "reason": "before the audit"}, TrainingRequested),
        ("cancel", {}, CancelRequested),
        ("cancel", {"run_id": "r1", "reason": "the line starts again"}, CancelRequested),
        ("activation", {"version": "v1", "reason": "better on chillers"}, ActivationRequested),
        ("rollback", {}, RollbackRequested),
        ("rollback", {"reason": "worse"}, RollbackRequested),
    ],
)
async def test_each_command_route_publishes_its_command(
    client: httpx.AsyncClient, redis: Redis, path: str, body: dict[str, str], kind: type
):
    command = {"requested_by": "maria", **body}
    response = await client.post(f"/v1/commands/{path}", json=command)
    [event] = await events(redis, COMMANDS)
    assert isinstance(event, kind)
    assert {name: getattr(event, name) for name in command} == command
    assert response.status_code == 202
    assert response.json() == {"status": "requested", "event_id": event.event_id}


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", ""])
async def test_a_command_is_read_as_json_with_any_content_type(
    client: httpx.AsyncClient, redis: Redis, content_type: str
):
    headers = {"Content-Type": content_type} if content_type else {}
    body = b'{"requested_by": "maria"}'
    response = await client.post("/v1/commands/rollback", content=body, headers=headers)
    assert response.status_code == 202
    [event] = await events(redis, COMMANDS)
    assert event.event_id == response.json()["event_id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "requested_by"),
        ({"requested_by": ""}, "requested_by"),
        ({"requested_by": "maria", "metod": "dpo"}, "metod"),
        ({"requested_by": "maria", "method": "magic"}, "method"),
        ([], ""),
        (None, ""),
    ],
)
async def test_an_invalid_field_of_a_command_is_named(
    client: httpx.AsyncClient, redis: Redis, body: Any, field: str
):
    response = await client.post("/v1/commands/training", json=body)
    assert response.status_code == 422
    assert [problem["field"] for problem in response.json()["problems"]] == [field]
    assert response.json()["error"].startswith(f"{field or 'body'}: ")
    assert await events(redis, COMMANDS) == []


async def test_without_redis_the_answer_is_503_with_retry_after():
    async with api(f"redis://127.0.0.1:{free_port()}/0") as client:
        response = await client.post("/v1/experiences", json=experience())
        ready = await client.get("/readyz")
        alive = await client.get("/livez")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "nothing was accepted" in response.json()["error"]
    assert (ready.status_code, alive.status_code) == (503, 200)


async def test_a_full_redis_is_503_and_every_accepted_item_is_stored(tmp_path: Path):
    with valkey_server(tmp_path, free_port(), max_memory="6mb") as url:
        accepted = 0
        async with api(url, ingest_client_share=1) as client:
            for _ in range(200):
                response = await client.post(
                    "/v1/experiences", json=[experience(transcript="x" * 9000)] * 10
                )
                if response.status_code != 202:
                    break
                accepted += response.json()["accepted"]
        async with Redis.from_url(url) as redis:
            assert await redis.xlen(EXPERIENCES.key) == accepted
    assert response.status_code == 503
    assert "Retry-After" in response.headers
    assert accepted > 0


async def test_the_openapi_document_is_valid_and_describes_the_bodies(client: httpx.AsyncClient):
    from openapi_spec_validator import validate

    document = (await client.get("/openapi.json")).json()
    validate(document)
    schemas = document["components"]["schemas"]
    assert "rating" in schemas["Feedback"]["properties"]
    assert set(schemas["Identity"]["properties"]) == {"event_id", "occurred_at"}
    for path in ("/v1/experiences", "/v1/feedback"):
        body = json.dumps(document["paths"][path]["post"]["requestBody"])
        assert "#/components/schemas/Identity" in body


async def test_the_service_has_metrics_status_and_asyncapi(client: httpx.AsyncClient):
    metrics = (await client.get("/metrics")).text
    status = (await client.get("/status")).json()
    asyncapi = (await client.get("/asyncapi.json")).json()
    assert "ratchet_intake_items_total" in metrics
    assert status["service"] == "ingest"
    assert asyncapi["asyncapi"].startswith("3.")
    assert "ExperienceRecorded" in json.dumps(asyncapi)


async def test_passwords_never_appear_in_status(redis: Redis):
    async with api("redis://user:secret@127.0.0.1:1/0") as client:
        assert "secret" not in (await client.get("/status")).text


NAMED = {"event_id": "fact-0001", "occurred_at": "2026-01-20T08:00:00Z"}


@pytest.mark.parametrize(
    ("path", "body", "stream"),
    [
        ("/v1/experiences", experience(), EXPERIENCES),
        ("/v1/feedback", {"query_id": QUERY_ID, "rating": "up"}, FEEDBACK),
    ],
)
async def test_an_item_with_an_event_id_counts_once_however_often_it_is_sent(
    client: httpx.AsyncClient, redis: Redis, path: str, body: dict[str, Any], stream: Stream
):
    first = await client.post(path, json=[{**body, **NAMED}, {**body, **NAMED}, body])
    assert first.json() == {"accepted": 3, "repeated": 1, "problems": []}
    again = await client.post(path, json={**body, **NAMED})
    assert again.json() == {"accepted": 1, "repeated": 1, "problems": []}
    named, other = await events(redis, stream)
    assert named.event_id == "fact-0001"
    assert named.occurred_at == datetime(2026, 1, 20, 8, tzinfo=UTC)
    assert other.event_id != "fact-0001"


async def test_the_same_item_sent_in_parallel_counts_once(client: httpx.AsyncClient, redis: Redis):
    body = {**experience(), **NAMED}
    answers = await asyncio.gather(*(client.post("/v1/experiences", json=body) for _ in range(5)))
    assert sorted(answer.json()["repeated"] for answer in answers) == [0, 1, 1, 1, 1]
    assert len(await events(redis, EXPERIENCES)) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_id", "short"),
        ("event_id", "no spaces please"),
        ("occurred_at", "20260120080000"),
        ("occurred_at", "0001-01-01T00:00:00+14:00"),
    ],
)
async def test_an_invalid_event_id_or_time_is_a_problem_of_its_item(
    client: httpx.AsyncClient, redis: Redis, field: str, value: str
):
    response = await client.post("/v1/experiences", json=[{**experience(), field: value}])
    assert response.status_code == 422
    assert response.json()["problems"][0]["field"] == field
    assert await events(redis, EXPERIENCES) == []


async def test_every_problem_of_an_item_is_reported(client: httpx.AsyncClient):
    body = {**experience(user_rating="meh"), "event_id": "short", "occurred_at": "yesterday"}
    response = await client.post("/v1/experiences", json=body)
    fields = [problem["field"] for problem in response.json()["problems"]]
    assert fields == ["event_id", "occurred_at", "user_rating"]


async def test_every_item_is_counted_once_by_its_outcome(client: httpx.AsyncClient):
    without_plan = {**experience(widget_plan={}), **NAMED}
    batch = [without_plan, without_plan, {**experience(), "event_id": "short"}, experience()]
    await client.post("/v1/experiences", json=batch)
    text = (await client.get("/metrics")).text
    for outcome, count in (("accepted", 2), ("repeated", 1), ("rejected", 1)):
        line = f'ratchet_intake_items_total{{kind="experience",outcome="{outcome}"}} {count}.0'
        assert line in text
    assert "ratchet_experiences_without_plan_total 1.0" in text


async def test_a_null_counts_as_missing(client: httpx.AsyncClient, redis: Redis):
    judged = [{"widget_index": 1, "issues": None, "widget_type": None}]
    nulls = {"user_id": None, "intent_confidence": None, "parsed_intent": {"domains": None}}
    response = await client.post(
        "/v1/experiences", json=experience(**nulls, per_widget_feedback=judged)
    )
    assert response.status_code == 202
    [event] = await events(redis, EXPERIENCES)
    assert event.experience.user_id == ""
    assert event.experience.per_widget_feedback[0].widget_index == 1
    feedback = {"query_id": QUERY_ID, "user_id": None, "per_widget_feedback": judged}
    assert (await client.post("/v1/feedback", json=feedback)).status_code == 202
