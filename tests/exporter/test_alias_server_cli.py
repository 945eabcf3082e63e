"""What `ratchet activate`, `models` and `status` show of a server that loads a version later."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from exporter.app import create_app as create_exporter
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.settings import ExporterSettings
from ingest.app import create_app as create_ingest
from ingest.settings import IngestSettings
from ratchet.storage import ArtifactStore
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port

from .one_model_server import OneModelServer
from .test_activation_cli import System, served
from .test_alias_server import WORDS, as_trained
from .test_served_directory import QUESTION


@pytest.fixture
async def server(tmp_path: Path) -> OneModelServer:
    """It has read v1."""
    server = OneModelServer(tmp_path / "data/registry/m/latest/model.gguf", "m", "other")
    server.chat, server.words = QUESTION, WORDS
    return server


@pytest.fixture
async def system(
    tmp_path: Path, redis: Redis, valkey_url: str, record: Any, gguf: Path, server: OneModelServer
) -> AsyncIterator[System]:
    data = tmp_path / "data"
    artifacts, local = ArtifactStore(data / "artifacts"), LocalRegistry(data / "registry", "m")
    stored = artifacts.put(gguf, "model.gguf")
    for version in ("v1", "v2"):
        manifest = artifacts.put_bytes(version.encode(), "manifest.json")
        known = as_trained(record(version), version, WORDS[version])
        export = known.export.model_copy(update={"gguf": stored})
        made = known.model_copy(update={"export": export, "manifest": manifest})
        await local.register(made, artifacts.path(stored))
    await local.move_alias("v1")
    server.start()
    ports = {"ingest": free_port(), "exporter": free_port()}
    common: dict[str, Any] = {"redis_url": valkey_url, "data_dir": data}
    async with served(server.app, free_port()) as url:
        settings = ExporterSettings(
            exporter_model_name="m", exporter_ollama_url="", exporter_server_url=url, **common
        )
        async with (
            served(create_exporter(settings), ports["exporter"]),
            served(create_ingest(IngestSettings(**common)), ports["ingest"]),
        ):
            (data / "up.json").write_text(json.dumps({"pid": os.getpid(), "ports": ports}))
            yield System(data, redis, local)


async def state(system: System) -> Any:
    return json.loads((await system.ratchet("models", "--json")).stdout)["server"]


async def test_an_activation_is_shown_as_pending_until_the_server_is_restarted(
    system: System, server: OneModelServer
) -> None:
    async def serves(version: str | None) -> bool:
        shown = await state(system)
        return bool(shown["version"] == version and (version or shown["problem"]))

    await eventually(lambda: serves("v1"))
    assert "the server answers as v1" in (await system.ratchet("models")).stdout

    activated = await system.ratchet("activate", "v2")
    assert activated.exit_code == 0, activated.output
    assert "v1 -> v2" in activated.stdout
    assert "the server has not loaded it yet" in activated.stdout

    await eventually(lambda: serves(None))
    table = (await system.ratchet("models")).stdout
    assert "v2 is pending: the server does not answer as v2: agreement: " in table
    assert "restart it with the file m/latest/model.gguf as m" in table

    server.start()
    await eventually(lambda: serves("v2"), 20)
    assert (await state(system))["parity"]["unchecked"] == ["template"]
