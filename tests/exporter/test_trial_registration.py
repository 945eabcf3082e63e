"""A trial's version leaves nothing on the server, whatever the server makes of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.backends.registries.ollama import OllamaRegistry
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.registry.server_version import remedy
from exporter.registry.trial_registration import try_registration
from ratchet_testing.ollama_server.server import OllamaStandIn


@pytest.fixture
async def client(ollama: OllamaStandIn) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(ollama.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://ollama") as client:
        yield client


async def test_a_registered_trial_is_removed_again(
    client: httpx.AsyncClient, ollama: OllamaStandIn, record: Any, gguf: Path
):
    server = OllamaRegistry(client, "ratchet-trial")
    check = await try_registration(server, "http://ollama", record("v1"), gguf, LIMITS)
    assert check.level == "ok", check
    assert check.found.startswith("ollama 0.")
    assert ollama.creations == 1
    assert ollama.tags == {}


async def test_an_error_of_the_server_is_the_finding(
    client: httpx.AsyncClient, ollama: OllamaStandIn, record: Any, gguf: Path
):
    ollama.fail_create = True
    server = OllamaRegistry(client, "ratchet-trial")
    check = await try_registration(server, "http://ollama", record("v1"), gguf, LIMITS)
    assert check.level == "fail"
    assert "no space left on device" in check.found
    assert check.mend
    assert ollama.tags == {}


async def test_a_refused_trial_is_removed_and_its_reason_is_the_finding(
    client: httpx.AsyncClient, ollama: OllamaStandIn, record: Any, gguf: Path
):
    """The record has neither answers nor chats, so nothing shows what the server renders."""
    server = OllamaRegistry(client, "ratchet-trial")
    unjudged = record("v1", template=False)
    check = await try_registration(server, "http://ollama", unjudged, gguf, LIMITS)
    assert check.level == "fail"
    assert "show whether the server renders" in check.found
    assert check.mend == remedy("ollama", server.server_version)
    assert ollama.tags == {}


async def test_a_server_that_does_not_respond_is_skipped(record: Any, gguf: Path):
    async with httpx.AsyncClient(base_url="http://127.0.0.1:1") as client:
        server = OllamaRegistry(client, "ratchet-trial")
        check = await try_registration(server, "http://127.0.0.1:1", record("v1"), gguf, LIMITS)
    assert check.level == "skipped"
    assert "does not respond" in check.found
