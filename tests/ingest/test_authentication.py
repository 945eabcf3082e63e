"""Authentication: keys with scopes, created and revoked while the service runs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from http_load.process import INTAKE, server
from redis.asyncio import Redis
from typer.testing import CliRunner

from ingest.domain.access import scope_of
from ingest.settings import IngestSettings
from ratchet_cli.app import main
from ratchet_edge.access import Scope
from ratchet_edge.keys.access_status import with_safe_host
from ratchet_edge.keys.key_file import KeyFile
from ratchet_testing.eventually import eventually
from ratchet_testing.running_intake import api

QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
WRITES: dict[str, Any] = {
    "/v1/experiences": {"query_id": QUERY_ID, "transcript": "power of pump 001"},
    "/v1/feedback": {"query_id": QUERY_ID, "rating": "up"},
    "/v1/rank": {"transcript": "power of pump 001", "candidates": ["kpi"]},
    "/v1/check": {"answer": "45 kW", "prompt": "- pump 001 power: 45 kW"},
    "/api/layer2/feedback/": {"query_id": QUERY_ID, "rating": "up"},
}
RECORDS = {path: WRITES[path] for path in ("/v1/experiences", "/v1/check")}
RATES = {path: body for path, body in WRITES.items() if path not in RECORDS}
OPERATIONS: dict[str, Any] = {
    "/v1/commands/training": {"requested_by": "maria"},
    "/v1/commands/rollback": {"requested_by": "maria"},
    "/api/layer2/approve-training/": {},
}
TEACHES: dict[str, Any] = {
    "/v1/corrections": {"query_id": QUERY_ID, "correction_text": "pump 002"},
    "/v1/traces": {"prompt": "What is the power?", "answer": "It draws 45.2 kilowatts right now."},
    "/v1/pairs": {
        "prompt": "What is the power of pump 001?",
        "chosen": "Pump 001 draws 45.2 kilowatts.",
        "rejected": "Let me look at that for you.",
        "chosen_reward": 0.8,
        "rejected_reward": -0.5,
    },
}


def key(data_dir: Path, *scopes: str, per_minute: int | None = None) -> str:
    _, secret = KeyFile(data_dir).create(
        "panel", [Scope(scope) for scope in scopes], datetime.now(UTC), per_minute=per_minute
    )
    return secret


def bearing(path: str, secret: str) -> dict[str, str]:
    if path.startswith("/api/layer2/"):
        return {"X-Feedback-Key": secret}
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize(
    ("scope", "allowed", "forbidden"),
    [
        ("write", WRITES, {**OPERATIONS, **TEACHES}),
        ("feedback", RATES, {**OPERATIONS, **TEACHES, **RECORDS}),
        ("teach", TEACHES, {**OPERATIONS, **WRITES}),
        ("operate", {**OPERATIONS, **TEACHES}, WRITES),
        ("read", {}, {**OPERATIONS, **TEACHES, **WRITES}),
    ],
)
async def test_a_key_allows_the_requests_of_its_scope(
    redis: Redis,
    valkey_url: str,
    tmp_path: Path,
    scope: str,
    allowed: dict[str, Any],
    forbidden: dict[str, Any],
):
    secret = key(tmp_path, scope)
    async with api(valkey_url, data_dir=tmp_path) as client:
        for path, body in allowed.items():
            answer = await client.post(path, json=body, headers=bearing(path, secret))
            assert answer.is_success, (path, answer.text)
        for path, body in forbidden.items():
            answer = await client.post(path, json=body, headers=bearing(path, secret))
            assert answer.status_code == 403, path
            assert scope_of("POST", path) in answer.json()["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer ratchet_wrong"},
        {"Authorization": "Basic x"},
        {"X-Api-Key": ""},
    ],
)
async def test_without_a_valid_key_the_answer_is_401_with_a_challenge(
    redis: Redis, valkey_url: str, tmp_path: Path, headers: dict[str, str]
):
    key(tmp_path, "write", "read", "operate")
    async with api(valkey_url, data_dir=tmp_path) as client:
        answer = await client.post("/v1/feedback", json=WRITES["/v1/feedback"], headers=headers)
        unknown = await client.get("/v1/nothing-here")
        large = await client.post("/v1/commands/training", content=b"[" * 1_000_000)
        for path in ("/livez", "/readyz", "/metrics", "/status", "/openapi.json"):
            assert (await client.get(path)).status_code == 200, path
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert (unknown.status_code, large.status_code) == (401, 401)


async def test_x_api_key_is_accepted(redis: Redis, valkey_url: str, tmp_path: Path):
    headers = {"X-Api-Key": key(tmp_path, "write")}
    async with api(valkey_url, data_dir=tmp_path) as client:
        answer = await client.post("/v1/feedback", json=WRITES["/v1/feedback"], headers=headers)
    assert answer.status_code == 202


async def test_keys_become_valid_and_invalid_without_a_restart(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    old = key(tmp_path, "write")
    async with api(valkey_url, data_dir=tmp_path) as client:

        async def status(secret: str) -> int:
            headers = {"X-Api-Key": secret}
            body = WRITES["/v1/feedback"]
            return (await client.post("/v1/feedback", json=body, headers=headers)).status_code

        async def answered(*expected: int) -> bool:
            return (await status(old), await status(new)) == expected

        assert await status(old) == 202
        new = key(tmp_path, "write")
        await eventually(lambda: answered(202, 202))
        file = KeyFile(tmp_path)
        file.revoke(file.read()[0].key_id)
        await eventually(lambda: answered(401, 202))
        file.path.write_text("[{")

        async def problem() -> str | None:
            return (await client.get("/status")).json()["access"]["problem"]

        assert "stay valid" in await eventually(problem)
        assert await answered(401, 202)


async def refused_without_a_key(client: httpx.AsyncClient) -> bool:
    feedback = await client.post("/v1/feedback", json=WRITES["/v1/feedback"])
    rollback = await client.post("/v1/commands/rollback", json={"requested_by": "nobody"})
    return (feedback.status_code, rollback.status_code) == (401, 401)


@pytest.mark.parametrize("how", ["revoked", "removed", "emptied"])
async def test_without_its_last_key_the_intake_refuses_every_call_until_it_is_opened(
    redis: Redis, valkey_url: str, tmp_path: Path, how: str
):
    file = KeyFile(tmp_path)
    revoked = key(tmp_path, "write", "operate")
    async with api(valkey_url, data_dir=tmp_path) as client:
        if how == "revoked":
            file.revoke(file.read()[0].key_id)
        elif how == "removed":
            file.path.unlink()
        else:
            file.path.write_text("[]")

        async def without_keys() -> bool:
            return (
                "every call is refused" in (await client.get("/status")).json()["access"]["summary"]
            )

        await eventually(without_keys)
        assert await refused_without_a_key(client)
        headers = {"X-Api-Key": revoked}
        old = await client.post("/v1/feedback", json=WRITES["/v1/feedback"], headers=headers)
        assert old.status_code == 401
    async with api(valkey_url, data_dir=tmp_path) as client:
        assert await refused_without_a_key(client)
        file.let_everyone_in()
        await eventually(lambda: answers(client, 202))


async def answers(client: httpx.AsyncClient, status: int) -> bool:
    answer = await client.post("/v1/feedback", json=WRITES["/v1/feedback"])
    return answer.status_code == status


async def test_keys_of_an_earlier_release_are_recorded_as_having_existed(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    key(tmp_path, "write")
    file = KeyFile(tmp_path)
    file.path.with_suffix(".required").unlink()
    async with api(valkey_url, data_dir=tmp_path):
        file.path.unlink()
    assert file.required


async def test_a_service_on_a_public_address_refuses_calls_without_a_key(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    async with api(valkey_url, data_dir=tmp_path, host="0.0.0.0") as client:  # noqa: S104
        answer = await client.post("/v1/feedback", json=WRITES["/v1/feedback"])
        access = (await client.get("/status")).json()["access"]
    assert answer.status_code == 401
    assert "every call is refused" in access["summary"]


async def test_without_a_key_the_service_listens_on_loopback_and_logs_it(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    settings = IngestSettings(host="0.0.0.0", data_dir=tmp_path)  # noqa: S104
    assert with_safe_host(settings).host == "127.0.0.1"
    async with api(valkey_url, data_dir=tmp_path) as client:
        access = (await client.get("/status")).json()["access"]
    assert (access["host"], access["keys"]) == ("127.0.0.1", 0)
    assert "ratchet keys create" in access["summary"]
    key(tmp_path, "write")
    assert with_safe_host(settings).host == "0.0.0.0"  # noqa: S104


async def test_an_unreadable_key_file_admits_nobody_until_it_is_restored(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    """Ingest starts, because a client that gets 503 sends again; open to all would be worse."""
    secret = key(tmp_path, "write")
    file = KeyFile(tmp_path).path
    keys = file.read_bytes()
    file.write_text("not keys")
    assert with_safe_host(IngestSettings(host="0.0.0.0", data_dir=tmp_path)).host == "0.0.0.0"  # noqa: S104
    async with api(valkey_url, data_dir=tmp_path) as client:
        for headers in ({}, bearing("/v1/feedback", secret)):
            answer = await client.post("/v1/feedback", json=WRITES["/v1/feedback"], headers=headers)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "5"
        assert str(file) in (await client.get("/status")).json()["access"]["problem"]
        file.write_bytes(keys)

        async def admitted() -> bool:
            answer = await client.post(
                "/v1/feedback",
                json=WRITES["/v1/feedback"],
                headers=bearing("/v1/feedback", secret),
            )
            return answer.status_code == 202

        await eventually(admitted)


def test_an_unknown_path_requires_a_scope():
    assert scope_of("POST", "/v1/something-new") == "write"
    assert scope_of("DELETE", "/v1/experiences/7") == "write"
    assert scope_of("GET", "/v1/runs") == "read"
    assert scope_of("GET", "/api/layer2/something-new") == "read"
    assert scope_of("GET", "/metrics") is None


async def test_secrets_never_appear_in_logs_and_status(
    redis: Redis, valkey_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    secret = key(tmp_path, "write")
    caplog.set_level("DEBUG")
    async with api(valkey_url, data_dir=tmp_path) as client:
        await client.post("/v1/feedback", json={}, headers={"X-Api-Key": secret})
        assert secret not in (await client.get("/status")).text
    assert secret not in caplog.text


def test_commands_send_the_key_of_their_environment(
    valkey_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    rows = tmp_path / "experience_buffer.json"
    rows.write_text(json.dumps({"experiences": [{"query_id": "q1", "transcript": "Which pump?"}]}))
    secret = key(tmp_path, "write")
    with server(INTAKE, valkey_url, tmp_path) as intake:
        command = ["import", str(rows), "--url", intake.url]
        refused = CliRunner().invoke(main, command)
        monkeypatch.setenv("RATCHET_API_KEY", secret)
        result = CliRunner().invoke(main, command)
    assert refused.exit_code == 1
    assert "RATCHET_API_KEY" in refused.output
    assert result.exit_code == 0, result.output
