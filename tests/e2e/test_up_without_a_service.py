"""`ratchet up` runs without what cannot start, reports it, and says when it came."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis
from typer.testing import CliRunner

from ratchet.command_line import STATE_FILE
from ratchet.contract import EXPERIENCES
from ratchet.delivery import DATA_FIELD
from ratchet_cli.app import main
from ratchet_cli.embedded.health import Health
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.supervisor import Supervised
from ratchet_cli.embedded.up import CannotStart, up
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port, valkey_server

pytestmark = pytest.mark.heavy
QUESTION = {"query_id": "q", "timestamp": "2026-01-05T06:00:00Z", "transcript": "Any alarms?"}


async def ratchet(*arguments: str) -> Any:
    """The JSON value that the command prints."""
    result = await asyncio.to_thread(CliRunner().invoke, main, [*arguments, "--json"])
    return json.loads(result.stdout)


async def test_a_service_that_cannot_start_is_reported_and_comes_when_it_can(
    tmp_path: Path,
):
    embedded = Embedded(tmp_path / "data", free_port(7), {})
    embedded.data_dir.mkdir()
    database = embedded.data_dir / "trainer.db"
    database.write_bytes(b"no database, but half a page of something else " * 100)
    lines: list[str] = []
    async with (
        up(embedded, lambda name, line: lines.append(f"{name} {line}")) as supervisor,
        httpx.AsyncClient(base_url=embedded.url) as client,
    ):
        assert (await client.post("/v1/experiences", json=QUESTION)).status_code == 202
        assert list(supervisor.troubles) == ["trainer"]
        assert "ended with status" in str(supervisor.troubles["trainer"])
        recorded = json.loads((embedded.data_dir / STATE_FILE).read_text())
        assert "ended with status" in recorded["troubles"]["trainer"]["problem"]
        shown = await ratchet("status", "--data-dir", str(embedded.data_dir))
        services = shown["services"]
        assert "ended with status" in services["trainer"]["problem"]
        assert {name for name in services if services[name]["ready"]} == {
            "ingest", "reward", "exporter", "ledger", "gateway",
        }  # fmt: skip
        database.unlink()

        async def came() -> bool:
            return not supervisor.troubles

        await eventually(came, 60)
    assert "trainer is ready" in lines


async def test_a_model_server_that_is_away_holds_nothing_up(tmp_path: Path):
    nowhere = f"http://127.0.0.1:{free_port()}"
    embedded = Embedded(tmp_path / "data", free_port(7), {"RATCHET_GATEWAY_UPSTREAM_URL": nowhere})
    async with up(embedded, lambda name, line: None) as supervisor, httpx.AsyncClient() as client:
        assert "gateway" not in supervisor.troubles
        gateway = f"http://127.0.0.1:{embedded.port_of('gateway')}"
        refused = await client.post(f"{gateway}/api/chat", json={"model": "m", "messages": []})
    assert refused.status_code == 502
    assert nowhere in refused.json()["error"]
    assert "start it, or correct RATCHET_GATEWAY_UPSTREAM_URL" in refused.json()["error"]


async def test_a_stopped_service_is_named_by_status_and_restarted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    embedded = Embedded(tmp_path / "data", free_port(7), {})
    monkeypatch.setattr("ratchet_cli.embedded.health._ASK_LIMIT_S", 1.0)

    def patient(url: str) -> Health:
        return Health(url, answer_limit_s=12.0)

    async with up(embedded, lambda name, line: None) as supervisor:
        reward: Supervised = supervisor.processes["reward"]
        first = reward.pid
        assert first is not None
        reward.health = patient  # type: ignore[assignment]
        os.kill(first, signal.SIGKILL)

        async def back() -> bool:
            return reward.trouble is None and reward.pid not in (None, first)

        await eventually(back, 30)
        second = reward.pid
        assert second is not None
        os.kill(second, signal.SIGSTOP)
        shown = await ratchet("status", "--data-dir", str(embedded.data_dir))
        assert "did not answer within 5 s" in shown["services"]["reward"]["problem"]

        async def another() -> bool:
            return reward.trouble is None and reward.pid not in (None, first, second)

        await eventually(another, 60)


async def test_a_killed_valkey_is_reported_and_comes_back_with_all_that_was_answered(
    tmp_path: Path,
):
    embedded = Embedded(tmp_path / "data", free_port(7), {})
    answered: list[str] = []
    async with (
        up(embedded, lambda name, line: None) as supervisor,
        httpx.AsyncClient(base_url=embedded.url, timeout=20) as client,
    ):

        async def post(number: int) -> int:
            body = {**QUESTION, "query_id": f"q-{number}", "event_id": f"event-{number:04}"}
            status = (await client.post("/v1/experiences", json=body)).status_code
            if status == 202:
                answered.append(body["event_id"])
            return status

        assert [await post(number) for number in range(20)] == [202] * 20
        valkey: Supervised = supervisor.processes["valkey"]
        first = valkey.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)

        async def unready(service: str) -> str:
            url = f"http://127.0.0.1:{embedded.port_of(service)}/readyz"
            ready = await client.get(url)
            return "" if ready.status_code == 200 else ready.json()["problem"]

        for service in ("ingest", "reward"):
            assert "Redis at 127.0.0.1" in await eventually(lambda of=service: unready(of), 20)

        async def taken_again() -> bool:
            return await post(20) == 202

        await eventually(taken_again, 30)
        assert valkey.pid not in (None, first)

        async def nothing_is_away() -> bool:
            return not supervisor.troubles

        await eventually(nothing_is_away, 60)
        with Redis.from_url(embedded.redis_url) as redis:
            rows = redis.xrange(EXPERIENCES.key)
    stored = [json.loads(fields[DATA_FIELD.encode()])["event_id"] for _, fields in rows]
    assert sorted(stored) == sorted(answered)


async def test_a_valkey_that_cannot_read_its_file_ends_the_start_with_its_own_reason(
    tmp_path: Path,
):
    embedded = Embedded(tmp_path / "data", free_port(7), {})
    directory, port = embedded.data_dir / "valkey", embedded.port_of("valkey")
    with valkey_server(directory, port) as url, Redis.from_url(url) as redis:
        for number in range(20):
            redis.xadd(EXPERIENCES.key, {DATA_FIELD: f"question {number}"})
    [file] = (embedded.data_dir / "valkey").rglob("*.incr.aof")
    content = file.read_bytes()
    middle = len(content) // 2
    file.write_bytes(content[:middle] + content[middle:].replace(b"\r\n$", b"\r\n!", 5))
    with pytest.raises(CannotStart) as refused:
        async with up(embedded, lambda name, line: None):
            pass
    assert "reading the append only file" in str(refused.value)
    assert "ratchet restore" in str(refused.value)
    examined = await ratchet("doctor", "--no-trial", "--data-dir", str(embedded.data_dir))
    [check] = [check for check in examined["checks"] if check["name"] == "redis"]
    assert "reading the append only file" in check["found"]
    assert "ratchet restore" in check["mend"]
