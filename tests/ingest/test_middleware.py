"""The middlewares: body limits, compression, request ids and error responses."""

import gzip
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from asgi_lifespan import LifespanManager
from redis.asyncio import Redis

from ingest.app import create_app
from ingest.http.bodies import MOST_DEEP
from ingest.settings import IngestSettings
from ratchet.contract import EXPERIENCES, FEEDBACK, ExperienceRecorded
from ratchet.telemetry import configure_logs
from ratchet_testing.running_intake import api, events

from .test_authentication import OPERATIONS, TEACHES, WRITES

POSTS = {**WRITES, **OPERATIONS, **TEACHES}
FEEDBACK_BODY = {"query_id": "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01", "rating": "up"}
GZIP = {"Content-Encoding": "gzip"}


async def test_a_gzip_body_is_decompressed(client: httpx.AsyncClient, redis: Redis):
    body = gzip.compress(json.dumps([FEEDBACK_BODY] * 50).encode())
    answer = await client.post("/v1/feedback", content=body, headers=GZIP)
    assert answer.json()["accepted"] == 50
    assert len(await events(redis, FEEDBACK)) == 50


@pytest.mark.parametrize("path", POSTS)
async def test_a_gzip_bomb_is_refused_by_its_decompressed_size(
    client: httpx.AsyncClient, path: str
):
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))
    assert len(bomb) < 100_000
    answer = await client.post(path, content=bomb, headers=GZIP)
    assert answer.status_code == 413
    assert "bytes at once" in answer.json()["error"]


@pytest.mark.parametrize(
    ("content", "encoding", "status"),
    [
        (b"not gzip", "gzip", 400),
        (b"", "gzip", 400),
        (gzip.compress(b"{}", mtime=0)[:-9], "gzip", 400),
        (gzip.compress(b"{}", mtime=0) + gzip.compress(b"{}", mtime=0), "gzip", 400),
        (b"{}", "br", 415),
        (b"{}", "gzip, gzip", 415),
    ],
)
async def test_an_invalid_or_unsupported_encoding_is_refused(
    client: httpx.AsyncClient, content: bytes, encoding: str, status: int
):
    headers = {"Content-Encoding": encoding}
    answer = await client.post("/v1/feedback", content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]


async def test_a_long_answer_is_compressed_if_the_client_accepts_it(client: httpx.AsyncClient):
    packed = await client.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    plain = await client.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()


def nested(levels: int) -> str:
    return '{"query_id": "q", "fixtures": ' + '{"x":' * levels + "1" + "}" * levels + "}"


async def test_json_of_any_depth_is_accepted_whole_or_refused(
    client: httpx.AsyncClient, redis: Redis
):
    """An accepted body is an event that every reader of the stream can parse."""
    for levels, status in ((MOST_DEEP - 2, 202), (MOST_DEEP, 422), (100_000, 422)):
        answer = await client.post("/v1/experiences", content=nested(levels))
        assert answer.status_code == status, levels
    assert f"{MOST_DEEP} levels" in answer.json()["error"]
    [event] = await events(redis, EXPERIENCES)
    assert isinstance(event, ExperienceRecorded)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("content", [b"[" * 50_000, b'{"a":' * 50_000, b"1],[2", b"]", b"[]],[["])
async def test_unbalanced_brackets_are_refused(
    client: httpx.AsyncClient, path: str, content: bytes
):
    answer = await client.post(path, content=content)
    if path.endswith("approve-training/"):
        # Its body has no fields: any short one means "yes".
        assert answer.status_code == (413 if len(content) > 256 else 200)
    else:
        assert answer.status_code == (422 if path.startswith("/v1/") else 400)


@pytest.mark.parametrize(
    ("sent", "unchanged"),
    [("abc-1.2_3", True), ("has space", False), ("x" * 129, False), ("", False)],
)
async def test_every_answer_has_the_id_of_its_request(
    client: httpx.AsyncClient, sent: str, unchanged: bool
):
    for path in ("/livez", "/v1/nothing", "/openapi.json"):
        request_id = (await client.get(path, headers={"X-Request-ID": sent})).headers[
            "X-Request-ID"
        ]
        assert (request_id == sent) is unchanged
        assert request_id


@contextmanager
def logging_to_stderr() -> Iterator[None]:
    """As the service does it when it runs as a process."""
    before = logging.getLogger().handlers[:]
    configure_logs("ingest", "info")
    try:
        yield
    finally:
        logging.getLogger().handlers = before


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    written = capsys.readouterr().err.splitlines()
    return [json.loads(line) for line in written if line.startswith("{")]


async def test_every_log_line_of_a_request_has_its_id(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
):
    headers = {"X-Request-ID": "abc-1"}
    item = {"query_id": "q", "transcript": "power?", "widget_plan": {"heading": "Pump"}}
    with logging_to_stderr():
        await client.post("/v1/experiences", json=item, headers=headers)
    [line] = [line for line in lines(capsys) if "no widget plan" in line["message"]]
    assert line["request_id"] == "abc-1"


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("POST", "/v1/feedback", b"{", 422),
        ("POST", "/v1/feedback", b"{}", 422),
        ("POST", "/v1/commands/training", b"{}", 422),
        ("GET", "/v1/feedback", b"", 405),
        ("POST", "/v1/nothing", b"{}", 404),
        ("GET", "/nothing", b"", 404),
    ],
)
async def test_errors_are_rfc_9457_problem_details(
    client: httpx.AsyncClient, method: str, path: str, sent: bytes, status: int
):
    answer = await client.request(method, path, content=sent, headers={"X-Request-ID": "abc-1"})
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, body["status"], body["type"]) == (status, status, "about:blank")
    assert body["title"]
    assert body["detail"] == body["error"]
    assert body["instance"] == "urn:ratchet:request:abc-1"
    assert isinstance(body["problems"], list)
    if status == 405:
        assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/v1/feedback", "/api/layer2/feedback/"])
async def test_an_internal_error_is_500_and_its_traceback_is_only_in_the_log(
    redis: Redis,
    valkey_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    path: str,
):
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a private matter")

    monkeypatch.setattr("ingest.intake.Intake.feedback", broken)
    settings = IngestSettings(redis_url=valkey_url, ingest_cors_origins=("http://page",))  # type: ignore[arg-type]
    async with LifespanManager(create_app(settings), shutdown_timeout=20) as running:
        transport = httpx.ASGITransport(running.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            headers = {"X-Request-ID": "abc-1", "Origin": "http://page"}
            with logging_to_stderr():
                answer = await client.post(path, json=FEEDBACK_BODY, headers=headers)
    assert answer.status_code == 500
    assert "abc-1" in answer.json()["error"]
    assert "private" not in answer.text
    [line] = [line for line in lines(capsys) if "private" in line.get("exc_info", "")]
    assert line["request_id"] == "abc-1"
    assert answer.headers["X-Request-ID"] == "abc-1"
    assert answer.headers["Access-Control-Allow-Origin"] == "http://page"


async def test_a_correction_becomes_feedback_with_its_text(client: httpx.AsyncClient, redis: Redis):
    sent = [
        {"query_id": "q1", "correction_text": "I meant pump 002", "event_id": "fact-0001"},
        {"query_id": "q2", "correction": "by the day", "user_id": "maria"},
        {"query_id": "q3", "correction_text": " "},
        {"query_id": "q4", "correction_text": "x" * 501},
        {"query_id": "q5"},
    ]
    answer = await client.post("/v1/corrections", json=sent)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    problems = [(p["index"], p["field"]) for p in answer.json()["problems"]]
    assert problems == [(n, "correction_text") for n in (2, 3, 4)]
    first, second = await events(redis, FEEDBACK)
    assert (first.event_id, first.feedback.correction) == ("fact-0001", "I meant pump 002")
    assert first.feedback.rating is None
    assert (second.feedback.user_id, second.feedback.correction) == ("maria", "by the day")


async def test_body_limits_apply_to_commands(redis: Redis, valkey_url: str):
    async with api(valkey_url, ingest_max_body_bytes=2048) as client:
        sent = {"requested_by": "maria", "reason": "x" * 4096}
        assert (await client.post("/v1/commands/training", json=sent)).status_code == 413
