"""The interface for programs: one JSON value on stdout, an exit code, messages on stderr."""

import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from ingest.app import create_app as create_ingest
from ingest.settings import IngestSettings
from ratchet.contract import COMMANDS, EXPERIENCES, FEEDBACK
from ratchet.delivery import DATA_FIELD
from ratchet.service import Service, create_broker, create_host, create_redis
from ratchet.settings import CommonSettings
from ratchet_cli.embedded.processes import SERVICES
from ratchet_testing.asgi_server import serving
from ratchet_testing.valkey import free_port

Ratchet = Callable[..., Any]


@pytest.fixture
async def intake(redis: Redis, valkey_url: str) -> AsyncIterator[str]:
    port = free_port()
    app = create_ingest(IngestSettings(redis_url=valkey_url))  # type: ignore[arg-type]
    async with serving(app, port):
        yield f"http://127.0.0.1:{port}"


def write_state(directory: Path, valkey_url: str, **services: int) -> None:
    """Pretend that a system runs in `directory`, with these ports."""
    directory.mkdir()
    valkey = int(valkey_url.rpartition(":")[2].partition("/")[0])
    state = {"pid": os.getpid(), "ports": {"valkey": valkey, **services}}
    (directory / "up.json").write_text(json.dumps(state))


async def test_status_lists_every_service_and_its_degraded_parts(
    redis: Redis, valkey_url: str, tmp_path: Path, ratchet: Ratchet
):
    """One service responds, degraded; the others are listed although they do not run."""

    async def degraded_status() -> dict[str, Any]:
        return {"trouble": "another process has the lease", "summary": "waiting"}

    settings = CommonSettings(redis_url=valkey_url)  # type: ignore[arg-type]
    trainer = Service(
        "trainer",
        settings,
        create_broker(settings),
        create_redis(settings),
        CollectorRegistry(),
        status=degraded_status,
    )
    await redis.xgroup_create(COMMANDS.key, "trainer", id="0", mkstream=True)
    for _ in range(3):
        await redis.xadd(COMMANDS.key, {DATA_FIELD: "{}"})
    await redis.xreadgroup("trainer", "1", {COMMANDS.key: ">"}, count=1)
    await redis.xadd(FEEDBACK.dead_key, {"payload": "{}"})
    port = free_port()
    write_state(tmp_path / "data", valkey_url, trainer=port)
    async with serving(create_host(trainer), port):
        shown = await ratchet("status", "--json", "--data-dir", str(tmp_path / "data"))
        table = await ratchet("status", "--data-dir", str(tmp_path / "data"))
    assert shown.code == table.code == 1, "the others do not run"
    state = shown.value
    assert set(state["services"]) == set(SERVICES)
    assert state["services"]["trainer"]["ready"] is True
    assert state["services"]["trainer"]["degraded"] == [
        {"part": "training", "reason": "another process has the lease"}
    ]
    assert state["totals"] == {"waiting": 2, "pending": 1, "dead": 1}
    assert "trainer: training is degraded: another process has the lease" in table.stdout
    assert "2 waiting, 1 pending, 1 dead; see `ratchet dead list`" in table.stdout


async def test_status_reports_an_unavailable_redis_once(tmp_path: Path, ratchet: Ratchet):
    write_state(tmp_path / "data", f"redis://127.0.0.1:{free_port()}/0")
    shown = await ratchet("status", "--json", "--data-dir", str(tmp_path / "data"))
    assert shown.code == 1
    [row] = shown.value["streams"]
    assert "Redis does not respond" in row["problem"]


async def test_an_import_reports_on_every_row(intake: str, ratchet: Ratchet, tmp_path: Path):
    rows = [{"query_id": "q", "transcript": "Power of pump 001?"}, "no row"]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    ended = await ratchet("import", str(tmp_path / "rows.json"), "--url", intake, "--json")
    assert ended.code == 1, "a row was refused"
    assert ended.value["read"] == 2
    assert (ended.value["accepted"], ended.value["new"]) == (1, 1)
    assert ended.value["refused"] == [
        {"row": 2, "reason": "not a JSON object, so not an experience"}
    ]
    assert ended.value["stopped"] is None


async def test_an_import_that_stops_reports_the_reason(
    ratchet: Ratchet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ratchet_cli.client.file_import.PATIENCE_S", 0.0)
    (tmp_path / "rows.json").write_text('[{"query_id": "q"}]')
    url = f"http://127.0.0.1:{free_port()}"
    ended = await ratchet("import", str(tmp_path / "rows.json"), "--url", url, "--json")
    assert ended.code == 3
    assert url in ended.value["stopped"]


async def test_a_simulation_reports_its_figures(intake: str, redis: Redis, ratchet: Ratchet):
    ended = await ratchet("simulate", "--questions", "1", "--url", intake, "--json")
    assert ended.code == 0
    assert ended.stderr == ""
    found = ended.value
    assert found["accepted"] == found["calls"] > 0
    assert found["refused"] == []
    assert 0 < found["median_ms"] <= found["p99_ms"]
    assert await redis.xlen(EXPERIENCES.key) > 0


async def test_a_simulation_without_an_intake_gives_up(
    ratchet: Ratchet, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ratchet_cli.client.simulation.PATIENCE_S", 0.0)
    ended = await ratchet("simulate", "--url", f"http://127.0.0.1:{free_port()}", "--json")
    assert ended.code == 3
    assert "ratchet up" in ended.value["error"]
    assert (await ratchet("simulate", "--url", "8100")).code == 2


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["models"],
        ["activate", "v1"],
        ["rollback"],
        ["dead", "list"],
        ["dead", "retry", "--all"],
        ["dead", "drop", "feedback/1-1", "--reason", "r", "--yes"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
async def test_without_a_running_system_a_command_exits_with_3_and_the_remedy(
    ratchet: Ratchet, tmp_path: Path, command: list[str]
):
    ended = await ratchet(*command, "--json", "--data-dir", str(tmp_path))
    assert ended.code == 3
    assert "Start it with `ratchet up" in ended.stderr
    assert ended.value == {"error": ended.stderr.rstrip("\n")}
    plain = await ratchet(*command, "--data-dir", str(tmp_path))
    assert (plain.code, plain.stdout, plain.stderr) == (3, "", ended.stderr)


async def test_a_system_that_cannot_start_reports_the_reason_on_stderr(
    ratchet: Ratchet, tmp_path: Path
):
    (tmp_path / "a file").write_text("")
    ended = await ratchet("demo", "--json", "--data-dir", str(tmp_path))
    assert ended.code == 1
    assert "is not empty and was not created by a demo" in ended.stderr
    assert "is not empty" in ended.value["error"]
