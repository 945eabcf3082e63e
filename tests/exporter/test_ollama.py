"""Ollama in particular: digests, streams that fail after status 200, and an absent server."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.backends.registries.ollama import OllamaRegistry
from exporter.ports import RegistryError


@pytest.fixture
async def registry(ollama: Any) -> AsyncIterator[OllamaRegistry]:
    transport = httpx.ASGITransport(ollama.app)
    async with httpx.AsyncClient(base_url="http://stand-in", transport=transport) as client:
        yield OllamaRegistry(client, "m")


async def test_template_system_and_parameters_are_pinned_at_creation(
    registry: OllamaRegistry, ollama: Any, record: Any, gguf: Path
) -> None:
    template = record("v1").export.modelfile.template
    await registry.register(record("v1"), gguf, template)

    created = ollama.tags["m:v1"]
    assert created["template"] == "{{ .Role }}"
    assert created["system"] == "Hi"
    assert created["parameters"] == {
        "temperature": 0.0,
        "repeat_penalty": 1.0,
        "num_ctx": 4096,
        "num_predict": 512,
        "stop": ["<|end|>"],
    }


async def test_without_a_template_the_one_inside_the_file_is_left_to_the_server(
    registry: OllamaRegistry, ollama: Any, record: Any, gguf: Path
) -> None:
    await registry.register(record("v1"), gguf)
    assert not {"template", "system"} & set(ollama.tags["m:v1"])
    assert "stop" not in ollama.tags["m:v1"]["parameters"]

    [texts] = await registry.renderings("v1", [[{"role": "user", "content": "Hi"}]])
    own = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant"
    assert texts == (("Hi",) * 2 if ollama.manner == "old" else (own,) * 2)


async def test_a_template_replaces_that_of_a_registered_version_once(
    registry: OllamaRegistry, ollama: Any, record: Any, gguf: Path
) -> None:
    template = record("v1").export.modelfile.template
    for sent in (None, template, template, None):
        await registry.register(record("v1"), gguf, sent)

    assert (ollama.creations, ollama.blobs.uploads) == (2, 1)
    assert ollama.tags["m:v1"]["template"] == template.template


@pytest.mark.heavy
async def test_a_server_that_answers_instead_of_rendering_reports_no_renderings(
    registry: OllamaRegistry, ollama: Any, record: Any, gguf: Path
) -> None:
    ollama.reports_renderings = False
    await registry.register(record("v1"), gguf)

    assert await registry.renderings("v1", [[{"role": "user", "content": "Hi"}]] * 3) == ()


async def test_a_version_is_created_once_and_its_file_sent_once(
    registry: OllamaRegistry, ollama: Any, record: Any, gguf: Path
) -> None:
    await registry.register(record("v1"), gguf)
    await registry.register(record("v1"), gguf)
    await registry.register(record("v2"), gguf)

    assert (ollama.creations, ollama.blobs.uploads) == (2, 1)


@pytest.mark.parametrize(
    ("fault", "reason"), [("fail_create", "no space left"), ("break_off", "lost the connection")]
)
async def test_an_error_inside_a_stream_can_be_retried(
    registry: OllamaRegistry, ollama: Any, record: Any, gguf: Path, fault: str, reason: str
) -> None:
    setattr(ollama, fault, True)
    with pytest.raises(RegistryError, match=reason):
        await registry.register(record("v1"), gguf)
    assert await registry.versions() == ()

    setattr(ollama, fault, False)
    await registry.register(record("v1"), gguf)
    assert await registry.versions() == ("v1",)


async def test_a_file_that_changed_during_the_upload_is_not_registered(
    registry: OllamaRegistry, ollama: Any, record: Any, gguf: Path
) -> None:
    good = record("v1")
    other = good.export.gguf.model_copy(update={"sha256": "f" * 64})
    promised = good.model_copy(update={"export": good.export.model_copy(update={"gguf": other})})

    with pytest.raises(RegistryError, match="400"):
        await registry.register(promised, gguf)
    assert ollama.tags == {}


async def test_a_file_that_the_server_removed_is_uploaded_again(
    registry: OllamaRegistry, ollama: Any, record: Any, gguf: Path
) -> None:
    ollama.fail_create = True
    with pytest.raises(RegistryError):
        await registry.register(record("v1"), gguf)
    ollama.restart()
    ollama.fail_create = False

    await registry.register(record("v1"), gguf)
    assert await registry.versions() == ("v1",)


async def test_other_models_of_the_server_are_ignored(
    registry: OllamaRegistry, ollama: Any, record: Any, gguf: Path
) -> None:
    ollama.tags["mistral:latest"] = {"digest": "x"}
    ollama.tags["m2:v9"] = {"digest": "y"}
    await registry.register(record("v1"), gguf)

    assert await registry.versions() == ("v1",)
    assert await registry.active() is None


async def test_without_a_server_every_call_but_available_raises(
    unused_tcp_port: int, record: Any, gguf: Path
) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as client:
        registry = OllamaRegistry(client, "m")

        assert not await registry.available()
        with pytest.raises(RegistryError):
            await registry.register(record("v1"), gguf)
        with pytest.raises(RegistryError):
            await registry.versions()
