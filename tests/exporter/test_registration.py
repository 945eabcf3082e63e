"""A version is judged by what a server renders: without a template first, then with a known one."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.backends.registries.ollama import OllamaRegistry
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.registry.chat_template import recognize, rendered_chats
from exporter.domain.registry.modelfile import Modelfile, Sampling
from exporter.domain.registry.record import ModelRecord
from exporter.domain.registry.server_version import remedy
from exporter.registry.registration import Registered, RegistrationRefused, register_and_check
from ratchet.contract import ArtifactRef
from ratchet.storage import sha256_of

from .chat_formats import FORMATS, PINNED, renderer
from .small_gguf import write_small_gguf

DATED = "<s>Today is {{ strftime_now('%d %b %Y') }}. {{ messages[-1].content }}"
SHOUTED = PINNED + FORMATS["ChatML"].replace("m.content", "m.content | upper")


@pytest.fixture
async def registry(ollama: Any) -> AsyncIterator[OllamaRegistry]:
    transport = httpx.ASGITransport(ollama.app)
    async with httpx.AsyncClient(base_url="http://stand-in", transport=transport) as client:
        registry = OllamaRegistry(client, "m")
        assert await registry.available()
        yield registry


def recorded(record: ModelRecord, gguf: Path, read: str, *, start: str = "") -> ModelRecord:
    """`record` of the file `gguf`, whose trained model reads chats as `read` renders them."""
    render = renderer(read)
    file = ArtifactRef(sha256=sha256_of(gguf), size=gguf.stat().st_size, name="model.gguf")
    modelfile = Modelfile(sampling=Sampling(), template=recognize(render, start))
    change = {"gguf": file, "modelfile": modelfile, "chats": rendered_chats(render)}
    export = record.export.model_copy(update={**change, "start": start})
    return record.model_copy(update={"export": export})


@pytest.mark.parametrize("start", ["", "<s>"])
@pytest.mark.parametrize("name", FORMATS)
async def test_every_known_format_is_registered_and_only_an_old_server_needs_a_template(
    registry: OllamaRegistry, ollama: Any, record: Any, tmp_path: Path, name: str, start: str
) -> None:
    """Templates that offer tools or thinking, too: a current server then ignores any other."""
    text = PINNED + "{% if tools %}{% endif %}" + FORMATS[name]
    if start:
        text = text.replace("<bos>", start).replace("<|begin_of_text|>", start)
    gguf = write_small_gguf(tmp_path / "m.gguf", text, adds_start=bool(start))
    known = recorded(record("v1"), gguf, text, start=start)
    for _ in range(2):
        assert isinstance(await register_and_check(registry, known, gguf, LIMITS), Registered)

    assert ollama.creations == (2 if ollama.manner == "old" else 1)
    assert ("template" in ollama.tags["m:v1"]) is (ollama.manner == "old")


@pytest.mark.parametrize("text", [DATED, SHOUTED])
async def test_a_format_that_the_server_renders_otherwise_is_refused_with_the_remedy(
    registry: OllamaRegistry, ollama: Any, record: Any, tmp_path: Path, text: str
) -> None:
    gguf = write_small_gguf(tmp_path / "m.gguf", text)
    read = text.replace("strftime_now('%d %b %Y')", "'26 Jul 2024'")
    outcome = await register_and_check(registry, recorded(record("v1"), gguf, read), gguf, LIMITS)

    if ollama.manner == "new" and text == SHOUTED:
        assert isinstance(outcome, Registered), "no template of Go's is needed"
        return
    assert isinstance(outcome, RegistrationRefused)
    assert outcome.parity is not None
    assert [fault.name for fault in outcome.parity.faults] == ["template"]
    right = "train the model again" if ollama.manner == "new" else "update Ollama to 0.30 or later"
    assert right in outcome.reason
    assert ("Ollama 0.12.6 does not render" in outcome.reason) is (ollama.manner == "old")


async def test_a_format_that_ends_turns_without_a_special_text_is_registered(
    registry: OllamaRegistry, ollama: Any, record: Any, tmp_path: Path
) -> None:
    """A server shows no stop texts where none were sent."""
    plain = "{% for m in messages %}{{ m.role ~ ': ' ~ m.content }}\n\n{% endfor %}assistant:"
    gguf = write_small_gguf(tmp_path / "m.gguf", plain)
    outcome = await register_and_check(registry, recorded(record("v1"), gguf, plain), gguf, LIMITS)

    assert isinstance(outcome, Registered), outcome


async def test_a_version_of_the_release_before_keeps_its_tag(
    registry: OllamaRegistry, ollama: Any, record: Any, tmp_path: Path
) -> None:
    """Its record has neither chats nor a start, and its tag a template and a system message."""
    gguf = write_small_gguf(tmp_path / "m.gguf", FORMATS["Qwen 2.5"])
    known = recorded(record("v1"), gguf, FORMATS["Qwen 2.5"])
    known = known.model_copy(update={"export": known.export.model_copy(update={"chats": ()})})
    await registry.register(known, gguf, known.export.modelfile.template)

    assert isinstance(await register_and_check(registry, known, gguf, LIMITS), Registered)
    assert ollama.creations == 1


@pytest.mark.parametrize("version", ["0.12.6", "0.29.9", "0.0.0", None, "dev"])
def test_a_server_before_0_30_is_to_be_updated(version: str | None) -> None:
    assert "update Ollama to 0.30 or later" in remedy("ollama", version)


@pytest.mark.parametrize("version", ["0.30.0", "v0.33.0-rc2", "1.0"])
def test_a_current_server_is_not_to_be_updated(version: str) -> None:
    assert "update" not in remedy("ollama", version)
