"""A trial's version leaves nothing on a server, whatever the server makes of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.backends.registries.ollama import OllamaRegistry
from exporter.backends.registries.served_directory import ServedDirectory
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.registry.server_version import remedy
from exporter.registry.trial_registration import (
    TrialServer,
    trial_servers,
    try_registration,
    try_registrations,
)
from exporter.settings import ExporterSettings
from ratchet_testing.ollama_server.server import OllamaStandIn

from .chat_formats import FORMATS
from .handlers.stand_ins import Killed, KilledAt
from .llama_server import LlamaServer
from .test_registration import recorded
from .test_served_directory import answered


@pytest.fixture
async def server(ollama: OllamaStandIn) -> AsyncIterator[TrialServer]:
    transport = httpx.ASGITransport(ollama.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://ollama") as client:
        yield TrialServer("Ollama", "http://ollama", OllamaRegistry(client, "ratchet-trial"))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "registry" / "m"


@pytest.fixture
def llama(directory: Path) -> LlamaServer:
    return LlamaServer(directory)


@pytest.fixture
async def llama_server(llama: LlamaServer, directory: Path) -> AsyncIterator[TrialServer]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(llama.app)) as client:
        registry = ServedDirectory(directory.parent, "m", client, "http://llama")
        yield TrialServer("llama-server", "http://llama", registry)


@pytest.fixture
async def down() -> AsyncIterator[TrialServer]:
    async with httpx.AsyncClient(base_url="http://127.0.0.1:1") as client:
        registry = OllamaRegistry(client, "ratchet-trial")
        yield TrialServer("Ollama", "http://127.0.0.1:1", registry)


def left_in(directory: Path) -> list[Path]:
    return list(directory.glob("*"))


async def test_a_registered_trial_is_removed_again(
    server: TrialServer, ollama: OllamaStandIn, record: Any, gguf: Path
):
    check = await try_registration(server, record("v1"), gguf, LIMITS)
    assert check.level == "ok", check
    assert check.found.startswith("Ollama 0.")
    assert (check.server, check.version) == ("Ollama", ollama.version)
    assert ollama.creations == 1
    assert ollama.tags == {}


async def test_an_error_of_the_server_is_the_finding_and_may_end_otherwise(
    server: TrialServer, ollama: OllamaStandIn, record: Any, gguf: Path
):
    ollama.fail_create = True
    check = await try_registration(server, record("v1"), gguf, LIMITS)
    assert check.level == "fail"
    assert "no space left on device" in check.found
    assert check.mend
    assert check.transient
    assert ollama.tags == {}


async def test_a_refused_trial_is_removed_and_its_reason_is_the_finding(
    server: TrialServer, ollama: OllamaStandIn, record: Any, gguf: Path
):
    """The record has neither answers nor chats, so nothing shows what the server renders."""
    check = await try_registration(server, record("v1", template=False), gguf, LIMITS)
    assert check.level == "fail"
    assert "show whether the server renders" in check.found
    assert check.mend == remedy("ollama", ollama.version)
    assert not check.transient
    assert ollama.tags == {}


async def test_what_a_killed_trial_left_on_the_server_is_removed_by_the_next(
    server: TrialServer, ollama: OllamaStandIn, record: Any, gguf: Path
):
    killed = TrialServer("Ollama", "", KilledAt(server.registry, "renderings", before=True))
    known = recorded(record("v1"), gguf, FORMATS["ChatML"])
    with pytest.raises(Killed):
        await killed.registry.register(known, gguf)
        await killed.registry.renderings("v1", ())
    assert list(ollama.tags) == ["ratchet-trial:v1"]
    other = recorded(record("v1", num_ctx=512), gguf, FORMATS["ChatML"])
    assert (await try_registration(server, other, gguf, LIMITS)).level == "ok"
    assert ollama.tags == {}


async def test_a_server_that_does_not_respond_is_skipped(
    down: TrialServer, record: Any, gguf: Path
):
    check = await try_registration(down, record("v1"), gguf, LIMITS)
    assert check.level == "skipped"
    assert "does not respond" in check.found


@pytest.mark.parametrize(("said", "level"), [("All is well.", "ok"), ("I am a model.", "fail")])
async def test_llama_server_is_asked_the_same_questions_and_serves_no_trial_afterwards(
    llama_server: TrialServer,
    llama: LlamaServer,
    directory: Path,
    record: Any,
    gguf: Path,
    said: str,
    level: str,
):
    llama.answer = said
    known = answered(record("trial-service"), "All", " is", " well", ".")
    check = await try_registration(llama_server, known, gguf, LIMITS)
    assert check.level == level, check
    assert check.found.startswith("llama-server b9999-local at http://llama")
    assert (check.server, check.version) == ("llama-server", "b9999-local")
    assert llama.loaded == {}
    assert left_in(directory) == []


async def test_a_trial_is_no_version_of_the_registry_that_llama_server_serves(
    llama_server: TrialServer, record: Any, gguf: Path
):
    await llama_server.registry.register(record("trial-service"), gguf)
    assert await llama_server.registry.versions() == ()


async def test_a_llama_server_that_serves_another_directory_is_the_finding(
    llama_server: TrialServer, llama: LlamaServer, directory: Path, record: Any, gguf: Path
):
    llama.directory = directory / "elsewhere"
    check = await try_registration(llama_server, record("trial-service"), gguf, LIMITS)
    assert check.level == "fail"
    assert "--models-dir" in check.found


async def test_a_llama_server_that_does_not_respond_is_skipped(
    directory: Path, record: Any, gguf: Path
):
    async with httpx.AsyncClient() as client:
        registry = ServedDirectory(directory.parent, "m", client, "http://127.0.0.1:1")
        server = TrialServer("llama-server", "http://127.0.0.1:1", registry)
        check = await try_registration(server, record("trial-service"), gguf, LIMITS)
    assert check.level == "skipped"
    assert left_in(directory.parent) == []


async def test_of_two_servers_the_one_that_refuses_decides(
    llama_server: TrialServer,
    server: TrialServer,
    down: TrialServer,
    llama: LlamaServer,
    record: Any,
    gguf: Path,
):
    llama.answer = "All is well."
    known = answered(record("trial-service"), "All", " is", " well", ".")
    both = await try_registrations([llama_server, down], known, gguf, LIMITS)
    assert both.level == "ok"
    assert "does not respond" in both.found
    llama.answer = "I am a model."
    refused = await try_registrations([down, llama_server], known, gguf, LIMITS)
    assert (refused.level, refused.server) == ("fail", "llama-server")


async def test_without_a_server_the_registration_is_skipped(record: Any, gguf: Path):
    check = await try_registrations([], record("v1"), gguf, LIMITS)
    assert check.level == "skipped"
    assert "RATCHET_EXPORTER_OLLAMA_URL and RATCHET_EXPORTER_LLAMA_SERVER_URL" in check.found


def test_the_configured_servers_are_tried(tmp_path: Path):
    def named(**urls: str) -> list[tuple[str, str]]:
        settings = ExporterSettings.model_validate({"data_dir": tmp_path, **urls})
        return [(server.name, server.address) for server in trial_servers(settings)]

    llama, ollama = "http://user:secret@llama:8080", "http://ollama:11434"
    assert named(exporter_ollama_url="") == []
    assert named(exporter_ollama_url=ollama) == [("Ollama", ollama)]
    [(_, shown), (other, _)] = named(exporter_ollama_url=ollama, exporter_llama_server_url=llama)
    assert "secret" not in shown
    assert other == "Ollama"
