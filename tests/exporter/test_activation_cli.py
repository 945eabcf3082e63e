"""`ratchet models`, `activate` and `rollback` through a real intake, exporter and server."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from redis.asyncio import Redis
from typer.testing import CliRunner, Result

from exporter.app import create_app as create_exporter
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.ollama import OllamaRegistry
from exporter.settings import ExporterSettings
from ingest.app import create_app as create_ingest
from ingest.settings import IngestSettings
from ratchet.contract import COMMANDS, MODELS, ActivationRefused, ModelActivated, ModelRolledBack
from ratchet.storage import ArtifactStore
from ratchet_cli.app import main
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port


@asynccontextmanager
async def served(app: Any, port: int) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@dataclass
class System:
    """Ingest, exporter and an Ollama, each on its own port; v1 and v2 are registered."""

    data_dir: Path
    redis: Redis
    local: LocalRegistry

    async def ratchet(self, *arguments: str) -> Result:
        where = ("--data-dir", str(self.data_dir))
        return await asyncio.to_thread(CliRunner().invoke, main, [*arguments, *where])

    async def published(self) -> list[Any]:
        """The events of the exporter, once all commands are handled."""

        async def handled() -> bool:
            groups = await self.redis.xinfo_groups(COMMANDS.key)
            return all(group["lag"] == group["pending"] == 0 for group in groups)

        await eventually(handled)
        entries = await self.redis.xrange(MODELS.key)
        return [MODELS.adapter.validate_json(fields[b"__data__"]) for _, fields in entries]


@pytest.fixture
async def system(
    tmp_path: Path,
    redis: Redis,
    valkey_url: str,
    record: Any,
    ollama: Any,
    ggufs: dict[str, Path],
) -> AsyncIterator[System]:
    data = tmp_path / "data"
    artifacts, local = ArtifactStore(data / "artifacts"), LocalRegistry(data / "registry", "m")
    ports = {"ingest": free_port(), "exporter": free_port()}
    common: dict[str, Any] = {"redis_url": valkey_url, "data_dir": data}
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(served(ollama.app, free_port()))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=server))
        registry = OllamaRegistry(client, "m")
        for version in ("v1", "v2"):
            stored = artifacts.put(ggufs[version], "model.gguf")
            known = record(version)
            made = known.model_copy(
                update={
                    "export": known.export.model_copy(update={"gguf": stored}),
                    "manifest": artifacts.put_bytes(version.encode(), "manifest.json"),
                }
            )
            for where in (local, registry):
                await where.register(made, artifacts.path(stored))
                await where.move_alias(version)
        exporter = create_exporter(
            ExporterSettings(exporter_model_name="m", exporter_ollama_url=server, **common)
        )
        await stack.enter_async_context(served(exporter, ports["exporter"]))
        await stack.enter_async_context(
            served(create_ingest(IngestSettings(**common)), ports["ingest"])
        )
        (data / "up.json").write_text(json.dumps({"pid": os.getpid(), "ports": ports}))
        yield System(data, redis, local)


async def test_a_version_is_activated_and_rolled_back_by_one_command_each(
    system: System, ollama: Any
) -> None:
    forward = await system.ratchet("activate", "v1", "--by", "maria", "--reason", "kinder")
    assert forward.exit_code == 0, forward.output
    assert await system.local.active() == "v1"
    assert ollama.tags["m:latest"] == ollama.tags["m:v1"]

    back = await system.ratchet("rollback", "--by", "ben", "--reason", "less exact")
    assert back.exit_code == 0, back.output
    assert await system.local.active() == "v2"
    assert ollama.tags["m:latest"] == ollama.tags["m:v2"]

    for line, moved in ((forward.stdout, "v2 -> v1"), (back.stdout, "v1 -> v2")):
        match = re.fullmatch(
            r"m: (.+), the alias moved in (\d\.\d{3}) s \(checked for .+ before\)\n", line
        )
        assert match is not None, line
        assert match[1] == moved

    activated, rolled_back = await system.published()
    assert isinstance(activated, ModelActivated)
    assert isinstance(rolled_back, ModelRolledBack)
    assert (activated.requested_by, activated.reason) == ("maria", "kinder")
    assert (rolled_back.requested_by, rolled_back.reason) == ("ben", "less exact")


async def test_a_version_with_a_changed_file_is_refused(system: System, ollama: Any) -> None:
    file = system.local.gguf("v1")
    file.write_bytes(b"X" + file.read_bytes()[1:])
    result = await system.ratchet("activate", "v1")

    assert result.exit_code == 1
    assert "refused, nothing moved: model.gguf of v1 has changed on disk" in result.stderr
    assert await system.local.active() == "v2"
    assert ollama.tags["m:latest"] == ollama.tags["m:v2"]
    [refused] = await system.published()
    assert isinstance(refused, ActivationRefused)


async def test_an_unreadable_manifest_affects_only_its_version(system: System) -> None:
    system.local.gguf("v1").with_name("manifest.json").write_text("{}")
    result = await system.ratchet("activate", "v1")
    shown = await system.ratchet("models", "--json")
    table = await system.ratchet("models")

    assert result.exit_code == 1
    assert "manifest.json of v1 cannot be read" in result.stderr
    assert [row.get("problem") for row in json.loads(shown.stdout)["models"]] == [
        None,
        "its manifest.json cannot be read",
    ]
    assert table.exit_code == 0, table.output


async def test_models_shows_every_version_and_the_active_one(system: System, ollama: Any) -> None:
    await system.ratchet("activate", "v1")
    shown = await system.ratchet("models", "--json")
    table = await system.ratchet("models")

    facts = json.loads(shown.stdout)
    assert [(row["version"], row["active"]) for row in facts["models"]] == [
        ("v2", False),
        ("v1", True),
    ]
    [row] = [row for row in facts["models"] if row["active"]]
    assert row["quantization"] == "q8_0"
    assert row["parity"]["top1"] == 0.98
    assert row["before"]["text_quality"] == row["after"]["text_quality"] == 0.5
    assert row["activated_at"] > row["trained_at"]
    served = facts["ollama"]
    assert (served["available"], served["active"]) == (True, "v1")
    assert served["version"] == ollama.version
    assert served["lacks"] == {"missing": [], "refused": {}, "trouble": None, "wait_s": 0.0}
    assert "Ollama serves v1" in table.stdout


async def test_versions_that_ollama_lacks_are_registered_later(system: System, ollama: Any) -> None:
    ollama.tags.clear()
    ollama.restart()
    ollama.fail_create = True

    async def shows(text: str) -> bool:
        return text in (await system.ratchet("models")).stdout

    await eventually(partial(shows, "Ollama lacks v2, v1: "), 20)
    assert await shows("no space left on device; next attempt after 5 s")

    ollama.fail_create = False
    await eventually(partial(shows, "Ollama serves v2"), 20)
    assert set(ollama.tags) == {"m:v1", "m:v2", "m:latest"}


async def test_without_a_running_system_the_remedy_is_printed(tmp_path: Path) -> None:
    for command in (["models"], ["rollback"], ["activate", "v1"]):
        result = await asyncio.to_thread(
            CliRunner().invoke, main, [*command, "--data-dir", str(tmp_path)]
        )
        assert result.exit_code == 3
        assert "ratchet up" in result.stderr


async def test_without_an_exporter_the_last_response_is_printed_at_the_deadline(
    system: System, unused_tcp_port: int
) -> None:
    state = system.data_dir / "up.json"
    known = json.loads(state.read_text())
    known["ports"]["exporter"] = unused_tcp_port
    state.write_text(json.dumps(known))
    result = await system.ratchet("rollback", "--deadline", "0.5")

    assert result.exit_code == 3
    assert "no outcome within 0.5 s (last response: " in result.stderr
    assert str(unused_tcp_port) in result.stderr


async def test_moves_and_refusals_are_printed_as_json(system: System) -> None:
    moved = await system.ratchet("activate", "v1", "--json")
    refused = await system.ratchet("activate", "v9", "--json")

    assert moved.exit_code == 0
    printed = json.loads(moved.stdout)
    assert (printed["model"], printed["outcome"]) == ("m", "moved")
    assert (printed["previous"], printed["version"]) == ("v2", "v1")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["outcome"] == "refused"
    assert "refused, nothing moved" in refused.stderr
