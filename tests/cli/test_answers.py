"""Every command answers a program: one JSON value on stdout, a code, and words on stderr."""

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


def ports_in(directory: Path, valkey_url: str, **services: int) -> None:
    """Says that a system runs in `directory`, with these services."""
    directory.mkdir()
    valkey = int(valkey_url.rpartition(":")[2].partition("/")[0])
    state = {"pid": os.getpid(), "ports": {"valkey": valkey, **services}}
    (directory / "up.json").write_text(json.dumps(state))


async def test_status_lists_every_service_and_says_what_is_degraded(
    redis: Redis, valkey_url: str, tmp_path: Path, ratchet: Ratchet
):
    """One of them answers, in trouble; whichever others there are, they are listed too."""

    async def in_trouble() -> dict[str, Any]:
        return {"trouble": "the lease is somebody else's", "summary": "held up"}

    settings = CommonSettings(redis_url=valkey_url)  # type: ignore[arg-type]
    trainer = Service(
        "trainer",
        settings,
        create_broker(settings),
        create_redis(settings),
        CollectorRegistry(),
        status=in_trouble,
    )
    await redis.xgroup_create(COMMANDS.key, "trainer", id="0", mkstream=True)
    for _ in range(3):
        await redis.xadd(COMMANDS.key, {DATA_FIELD: "{}"})
    await redis.xreadgroup("trainer", "1", {COMMANDS.key: ">"}, count=1)
    await redis.xadd(FEEDBACK.dead_key, {"payload": "{}"})
    port = free_port()
    ports_in(tmp_path / "data", valkey_url, trainer=port)
    async with serving(create_host(trainer), port):
        shown = await ratchet("status", "--json", "--data-dir", str(tmp_path / "data"))
        table = await ratchet("status", "--data-dir", str(tmp_path / "data"))
    assert shown.code == table.code == 1, "the others do not run"
    found = shown.value
    assert set(found["services"]) == set(SERVICES)
    assert found["services"]["trainer"]["ready"] is True
    assert found["services"]["trainer"]["degraded"] == [
        {"part": "training", "reason": "the lease is somebody else's"}
    ]
    assert found["totals"] == {"waiting": 2, "pending": 1, "dead": 1}
    assert "trainer: training is degraded: the lease is somebody else's" in table.stdout
    assert "2 waiting, 1 in hand, 1 dead; `ratchet dead list` shows them" in table.stdout


async def test_status_of_a_system_whose_redis_is_gone_says_so_once(
    tmp_path: Path, ratchet: Ratchet
):
    ports_in(tmp_path / "data", f"redis://127.0.0.1:{free_port()}/0")
    shown = await ratchet("status", "--json", "--data-dir", str(tmp_path / "data"))
    assert shown.code == 1
    [row] = shown.value["streams"]
    assert "Redis does not answer" in row["problem"]


async def test_an_import_is_accounted_for(intake: str, ratchet: Ratchet, tmp_path: Path):
    rows = [{"query_id": "q", "transcript": "Power of pump 001?"}, "no row"]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    ended = await ratchet("import", str(tmp_path / "rows.json"), "--url", intake, "--json")
    assert ended.code == 1, "a row was refused"
    assert ended.value["read"] == 2
    assert (ended.value["accepted"], ended.value["new"]) == (1, 1)
    assert ended.value["refused"] == [
        {"row": 2, "reason": "not a JSON object; an experience is one"}
    ]
    assert ended.value["stopped"] is None


async def test_an_import_that_stops_says_why(
    ratchet: Ratchet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ratchet_cli.commands.import_file._PATIENCE_S", 0.0)
    (tmp_path / "rows.json").write_text('[{"query_id": "q"}]')
    url = f"http://127.0.0.1:{free_port()}"
    ended = await ratchet("import", str(tmp_path / "rows.json"), "--url", url, "--json")
    assert ended.code == 3
    assert url in ended.value["stopped"]


async def test_a_simulation_tells_its_figures(intake: str, redis: Redis, ratchet: Ratchet):
    ended = await ratchet("simulate", "--questions", "1", "--url", intake, "--json")
    assert ended.code == 0
    assert ended.stderr == ""
    found = ended.value
    assert found["accepted"] == found["calls"] > 0
    assert found["refused"] == []
    assert 0 < found["median_ms"] <= found["p99_ms"]
    assert await redis.xlen(EXPERIENCES.key) > 0


async def test_a_simulation_without_an_intake_ends(
    ratchet: Ratchet, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ratchet_cli.commands.simulate._PATIENCE_S", 0.0)
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
async def test_where_nothing_runs_every_command_ends_with_3_and_the_remedy(
    ratchet: Ratchet, tmp_path: Path, command: list[str]
):
    ended = await ratchet(*command, "--json", "--data-dir", str(tmp_path))
    assert ended.code == 3
    assert "start it with `ratchet up" in ended.stderr
    assert ended.value == {"error": ended.stderr.rstrip("\n")}
    plain = await ratchet(*command, "--data-dir", str(tmp_path))
    assert (plain.code, plain.stdout, plain.stderr) == (3, "", ended.stderr)


async def test_a_system_that_cannot_start_says_why_on_stderr(ratchet: Ratchet, tmp_path: Path):
    (tmp_path / "a file").write_text("")
    ended = await ratchet("demo", "--json", "--data-dir", str(tmp_path))
    assert ended.code == 1
    assert "is not empty and no demo made it" in ended.stderr
    assert "is not empty" in ended.value["error"]
