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
from ratchet.contract import ModelRefused, ModelRolledBack
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
    common: dict[str, Any] = {"redis_url": valkey_url, "data_dir": data, "retry_base_s": 1}
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


async def models(system: System) -> Any:
    return json.loads((await system.ratchet("models", "--json")).stdout)


async def state(system: System) -> Any:
    return (await models(system))["server"]


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


async def test_a_version_that_is_served_wrongly_is_taken_back_and_refused(
    system: System, server: OneModelServer
) -> None:
    async def active(version: str) -> bool:
        return bool((await models(system))["active"] == version)

    async def confirmed() -> bool:
        return bool((await state(system))["version"] == "v1")

    await eventually(confirmed)
    server.words = {**WORDS, "v2": ("I", " am", " a", " plant", ".")}
    await system.ratchet("activate", "v2")
    server.start()
    await eventually(lambda: active("v1"), 30)
    server.start()
    await eventually(confirmed, 20)

    [_, back, refused] = await system.published()
    assert isinstance(back, ModelRolledBack)
    assert (back.requested_by, back.previous, back.version) == ("exporter", "v2", "v1")
    assert isinstance(refused, ModelRefused)
    assert [model["version"] for model in (await models(system))["models"]] == ["v1"]
    table = (await system.ratchet("models")).stdout
    assert "the server answers as v1" in table
