"""Every registry: a directory, one that llama-server serves, both manners of Ollama.

A real llama-server where LLAMA_SERVER names the program, a real Ollama where OLLAMA_HOST is set.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.ollama import OllamaRegistry
from exporter.backends.registries.ollama_api import TIMEOUT
from exporter.backends.registries.openai_server import openai_client
from exporter.backends.registries.served_directory import ServedDirectory
from exporter.ports import Registry
from ratchet.contract import ChatMessage
from ratchet_testing.ollama_server.server import OllamaStandIn
from ratchet_testing.real_llama_server import PROGRAM, llama_server

from .llama_server import LlamaServer
from .trained_model import TrainedModel

KINDS = [
    "local",
    "llama-server",
    "old",
    "new",
    *(["real llama-server"] if PROGRAM else []),
    *(["server"] if "OLLAMA_HOST" in os.environ else []),
]
NAME = "ratchet-registry-test"
SERVED = (
    ChatMessage(role="user", content="Which pump is the warmest?"),
    ChatMessage(role="assistant", content="Pump 2."),
    ChatMessage(role="user", content="And the coldest?"),
)


@pytest.fixture(params=KINDS)
async def registry(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Registry]:
    if request.param == "local":
        yield LocalRegistry(tmp_path / "registry", NAME)
        return
    if request.param == "llama-server":
        app = LlamaServer(tmp_path / "registry" / NAME).app
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            yield ServedDirectory(tmp_path / "registry", NAME, client, "http://stand-in")
        return
    if request.param == "real llama-server":
        (directory := tmp_path / "registry" / NAME).mkdir(parents=True)
        assert PROGRAM is not None
        with llama_server(PROGRAM, tmp_path / "log", "--models-dir", str(directory)) as url:
            async with openai_client() as client:
                yield ServedDirectory(tmp_path / "registry", NAME, client, url)
        return
    transport = None
    if request.param != "server":
        transport = httpx.ASGITransport(OllamaStandIn(tmp_path / "ollama", request.param).app)
    url = "http://stand-in" if transport else os.environ["OLLAMA_HOST"]
    async with httpx.AsyncClient(base_url=url, transport=transport, timeout=TIMEOUT) as client:
        registry = OllamaRegistry(client, NAME)
        yield registry
        for version in await registry.versions():
            await registry.remove(version)
        await registry.remove("latest")


async def test_a_new_registry_is_available_and_empty(registry: Registry) -> None:
    assert await registry.available()
    assert await registry.versions() == ()
    assert await registry.active() is None


async def test_a_registered_version_is_listed_but_not_active(
    registry: Registry, record: Any, gguf: Path
) -> None:
    await registry.register(record("v1-a"), gguf)

    assert await registry.versions() == ("v1-a",)
    assert await registry.active() is None


async def test_registering_again_changes_nothing(
    registry: Registry, record: Any, gguf: Path
) -> None:
    for _ in range(3):
        await registry.register(record("v1-a"), gguf)

    assert await registry.versions() == ("v1-a",)


async def test_moving_the_alias_returns_the_previous_version(
    registry: Registry, record: Any, gguf: Path
) -> None:
    await registry.register(record("v1-a"), gguf)
    await registry.register(record("v2-b", num_ctx=1024), gguf)

    assert await registry.move_alias("v1-a") is None
    assert await registry.active() == "v1-a"
    assert await registry.move_alias("v2-b") == "v1-a"
    assert await registry.active() == "v2-b"


async def test_moving_the_alias_where_it_is_keeps_it_there(
    registry: Registry, record: Any, gguf: Path
) -> None:
    await registry.register(record("v1-a"), gguf)
    await registry.move_alias("v1-a")
    await registry.move_alias("v1-a")

    assert await registry.active() == "v1-a"
    assert await registry.versions() == ("v1-a",)


async def test_the_alias_moves_back(registry: Registry, record: Any, gguf: Path) -> None:
    await registry.register(record("v1-a"), gguf)
    await registry.register(record("v2-b", num_ctx=1024), gguf)
    await registry.move_alias("v2-b")

    assert await registry.move_alias("v1-a") == "v2-b"
    assert await registry.active() == "v1-a"


async def test_a_removed_version_is_gone_and_the_active_one_stays(
    registry: Registry, record: Any, gguf: Path
) -> None:
    await registry.register(record("v1-a"), gguf)
    await registry.register(record("v2-b", num_ctx=1024), gguf)
    await registry.move_alias("v2-b")
    for _ in range(2):
        await registry.remove("v1-a")

    assert await registry.versions() == ("v2-b",)
    assert await registry.active() == "v2-b"


@pytest.mark.heavy
async def test_a_registered_version_answers_if_the_registry_serves_models(
    registry: Registry, record: Any, trained: TrainedModel
) -> None:
    """Greedy answers and the rendered chats, by a current server with the likeliest tokens."""
    registered = trained.record_of(record("v1-a"))
    template = registered.export.modelfile.template
    await registry.register(registered, trained.gguf, template)
    prompts = [reference.turns for reference in trained.references[:2]]
    chats = [reference.chat for reference in trained.references[:2]]

    renderings = await registry.renderings("v1-a", [chat.messages for chat in chats])
    answers = await registry.answers("v1-a", prompts, 4)
    served = await registry.answers("v1-a", [SERVED], 4)

    if answers is None:
        assert type(registry) is LocalRegistry
        assert renderings is None
        return
    assert served is not None
    [chat] = served
    assert chat.text != answers[0].text
    assert len(chat.tokens) in (0, 4)
    assert renderings is not None
    assert [set(texts) for texts in renderings] == [{chat.rendered} for chat in chats]
    for answer, reference in zip(answers, trained.references, strict=False):
        assert answer.text == "".join(token.text for token in reference.tokens[:4])
        if answer.tokens:
            assert [t.text for t in answer.tokens] == [t.text for t in reference.tokens[:4]]
            assert all(len(token.top) == 20 for token in answer.tokens)
        assert not answer.ended
