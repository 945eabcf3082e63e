"""A llama-server that serves the local registry's directory is judged like every other server."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.served_directory import ServedDirectory, local_registry
from exporter.domain.parity.answers import ReferenceAnswer
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.registry.record import ModelRecord
from exporter.ports import RegistryError
from exporter.registry.alias import Alias
from exporter.registry.registration import Registered, RegistrationRefused, register_and_check

from .chat_formats import FORMATS, PINNED
from .llama_server import LlamaServer
from .small_gguf import write_small_gguf
from .test_registration import DATED, recorded
from .tokens import token

QUESTION = "<|im_start|>user\nAny alarm?<|im_end|>\n<|im_start|>assistant"


@pytest.fixture
def server(tmp_path: Path) -> LlamaServer:
    return LlamaServer(tmp_path / "registry" / "m")


@pytest.fixture
async def client(server: LlamaServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server.app)) as client:
        yield client


@pytest.fixture
def registry(tmp_path: Path, client: httpx.AsyncClient) -> ServedDirectory:
    return ServedDirectory(tmp_path / "registry", "m", client, "http://stand-in/v1")


def answered(record: ModelRecord, *words: str, share: float = 0.9) -> ModelRecord:
    """`record` of a trained model that answers one question with `words`."""
    tokens = tuple(token(word, share) for word in words)
    reference = ReferenceAnswer(prompt="Any alarm?", rendered=QUESTION, tokens=tokens, ended=True)
    export = record.export.model_copy(update={"references": (reference,)})
    return record.model_copy(update={"export": export})


@pytest.mark.parametrize("name", FORMATS)
async def test_every_pinned_format_is_registered_without_a_template(
    registry: ServedDirectory, record: Any, tmp_path: Path, name: str
) -> None:
    text = PINNED + FORMATS[name]
    gguf = write_small_gguf(tmp_path / "m.gguf", text)
    outcome = await register_and_check(registry, recorded(record("v1"), gguf, text), gguf, LIMITS)

    assert isinstance(outcome, Registered)
    assert await registry.versions() == ("v1",)


async def test_a_model_that_the_server_renders_otherwise_is_refused(
    registry: ServedDirectory, record: Any, tmp_path: Path
) -> None:
    gguf = write_small_gguf(tmp_path / "m.gguf", DATED)
    read = DATED.replace("strftime_now('%d %b %Y')", "'26 Jul 2024'")
    outcome = await register_and_check(registry, recorded(record("v1"), gguf, read), gguf, LIMITS)

    assert isinstance(outcome, RegistrationRefused)
    assert "template: the server renders" in outcome.reason
    assert "train the model again" in outcome.reason


@pytest.mark.parametrize(("said", "right"), [("All is well.", True), ("I am a model.", False)])
async def test_a_model_is_judged_by_the_answers_to_the_same_questions(
    registry: ServedDirectory, server: LlamaServer, record: Any, gguf: Path, said: str, right: bool
) -> None:
    server.answer = said
    known = answered(record("v1"), "All", " is", " well", ".")
    outcome = await register_and_check(registry, known, gguf, LIMITS)

    assert isinstance(outcome, Registered) is right
    assert outcome.parity is not None
    assert [f.name for f in outcome.parity.faults] == ([] if right else ["agreement"])


async def test_a_server_that_does_not_serve_the_directory_registers_nothing_unseen(
    registry: ServedDirectory, server: LlamaServer, record: Any, gguf: Path, tmp_path: Path
) -> None:
    server.directory = tmp_path / "elsewhere"
    directory = tmp_path / "registry" / "m"

    with pytest.raises(RegistryError, match=rf"does not list v1: .*--models-dir {directory}"):
        await registry.register(record("v1"), gguf)


async def test_after_the_alias_moved_the_server_starts_the_model_of_the_link(
    registry: ServedDirectory, server: LlamaServer, record: Any, ggufs: dict[str, Path]
) -> None:
    for version, file in ggufs.items():
        await registry.register(record(version), file)
    for version in ("v1", "v2", "v2", "v1"):
        await registry.move_alias(version)
        loaded = server.start("latest")
        assert loaded is not None
        assert loaded.parent.name == version


async def test_an_alias_that_another_process_moved_is_loaded_too(
    registry: ServedDirectory,
    server: LlamaServer,
    record: Any,
    ggufs: dict[str, Path],
    tmp_path: Path,
) -> None:
    """As after a kill between link and server, and after `ratchet install --activate`."""
    for version, file in ggufs.items():
        await registry.register(record(version), file)
    await registry.move_alias("v1")
    server.start("latest")
    await LocalRegistry(tmp_path / "registry", "m").move_alias("v2")

    alias = Alias(ActivationJournal(tmp_path / "activations.json"))
    await alias.synchronize(registry, None)

    assert "latest" not in server.loaded, "it starts again with the next request"


async def test_an_alias_that_stays_ends_no_process(
    registry: ServedDirectory, server: LlamaServer, record: Any, gguf: Path, tmp_path: Path
) -> None:
    await registry.register(record("v1"), gguf)
    await registry.move_alias("v1")
    server.start("latest")
    alias = Alias(ActivationJournal(tmp_path / "activations.json"))
    for _ in range(2):
        await alias.synchronize(registry, None)

    assert "latest" in server.loaded


async def test_a_server_that_fails_moves_later(
    registry: ServedDirectory, server: LlamaServer, record: Any, gguf: Path, tmp_path: Path
) -> None:
    await registry.register(record("v1"), gguf)
    unreachable = local_registry(tmp_path / "registry", "m", "http://ops:secret@127.0.0.1:1")
    with pytest.raises(RegistryError, match=r"llama-server at http://127\.0\.0\.1:1: ") as caught:
        await unreachable.move_alias("v1")
    assert "secret" not in str(caught.value)
    assert await unreachable.active() == "v1"


def test_without_a_server_the_local_registry_serves_nothing(tmp_path: Path) -> None:
    assert type(local_registry(tmp_path, "m", "")) is LocalRegistry
