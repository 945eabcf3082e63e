"""Real answers over HTTP: the trained model is recognized, and every planted fault is named."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.backends.registries.ollama import OllamaRegistry
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.registry.record import ModelRecord
from exporter.ports import RegistryError
from exporter.registry.registration import Registered, RegistrationRefused, register_and_check
from ratchet.contract import one_turn
from ratchet_testing.asgi_server import serving
from ratchet_testing.valkey import free_port

from ..trained_model import PROMPTS, TrainedModel

pytestmark = pytest.mark.heavy


@pytest.fixture
async def client(ollama: Any) -> AsyncIterator[httpx.AsyncClient]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with serving(ollama.app, port), httpx.AsyncClient(base_url=url, timeout=120) as client:
        yield client


@pytest.fixture
def registry(client: httpx.AsyncClient) -> OllamaRegistry:
    return OllamaRegistry(client, "m")


@pytest.fixture
def registered(trained: TrainedModel, record: Any) -> ModelRecord:
    return trained.record_of(record("v1"))


def names(outcome: Registered | RegistrationRefused) -> set[str]:
    assert isinstance(outcome, RegistrationRefused), outcome
    assert outcome.parity is not None, outcome
    return {fault.name for fault in outcome.parity.faults}


@pytest.mark.parametrize("reports", [True, False])
async def test_the_trained_model_is_recognized_by_its_answers(
    registry: OllamaRegistry, ollama: Any, trained: TrainedModel, registered: Any, reports: bool
) -> None:
    ollama.reports_renderings = reports
    outcome = await register_and_check(registry, registered, trained.gguf, LIMITS)

    assert isinstance(outcome, Registered), outcome
    assert outcome.parity is not None
    assert outcome.parity.top1 == 1.0
    assert outcome.parity.tokens >= 60
    exact = pytest.approx(0, abs=1e-4)
    assert outcome.parity.kl_mean == (None if ollama.manner == "old" else exact)


@pytest.mark.parametrize(("reports", "named"), [(True, {"template"}), (False, {"agreement"})])
async def test_a_wrong_template_is_named(
    registry: OllamaRegistry,
    ollama: Any,
    trained: TrainedModel,
    record: Any,
    reports: bool,
    named: set[str],
) -> None:
    """A server that does not report the rendered chat: the answers show the fault."""
    ollama.reports_renderings = reports
    alpaca = "{{ range .Messages }}### {{ .Role }}:\n{{ .Content }}\n{{ end }}### assistant:\n"
    wrong = trained.template.model_copy(update={"template": alpaca})
    outcome = await register_and_check(
        registry, trained.record_of(record("v1"), wrong), trained.gguf, LIMITS
    )

    if ollama.manner == "new":
        assert isinstance(outcome, Registered), "it renders the template inside the file"
    else:
        assert names(outcome) >= named


async def test_the_base_model_is_not_accepted_as_the_trained_one(
    registry: OllamaRegistry, ollama: Any, trained: TrainedModel, registered: Any
) -> None:
    """As if the adapter were missing: the right template, good answers, the wrong model."""
    base = TrainedModel(trained.base, trained.base, trained.template, trained.references)
    outcome = await register_and_check(registry, base.record_of(registered), trained.base, LIMITS)

    assert names(outcome) >= {"agreement" if ollama.manner == "old" else "divergence"}
    assert "template" not in names(outcome)


async def test_a_file_truncated_during_the_upload_is_rejected_by_the_server(
    registry: OllamaRegistry, trained: TrainedModel, registered: Any, tmp_path: Path
) -> None:
    half = tmp_path / "half.gguf"
    half.write_bytes(trained.gguf.read_bytes()[: registered.export.gguf.size // 2])

    with pytest.raises(RegistryError, match=r"400 .*digest mismatch"):
        await register_and_check(registry, registered, half, LIMITS)
    assert await registry.versions() == ()


async def test_a_file_truncated_on_the_server_is_detected_at_registration(
    registry: OllamaRegistry, ollama: Any, trained: TrainedModel, registered: Any
) -> None:
    await registry.register(registered, trained.gguf)
    path = ollama.file_of("m:v1")
    path.write_bytes(path.read_bytes()[:-1_000_000])

    with pytest.raises(RegistryError, match="unable to load model"):
        await register_and_check(registry, registered, trained.gguf, LIMITS)
    assert await registry.active() is None


async def test_removing_a_version_leaves_the_others_of_its_file_answering(
    registry: OllamaRegistry, ollama: Any, trained: TrainedModel, record: Any
) -> None:
    for version in ("v1", "v2"):
        known = trained.record_of(record(version))
        await registry.register(known, trained.gguf, trained.template)
    await registry.move_alias("v2")
    await registry.remove("v1")
    ollama.restart()

    for version in ("v2", "latest"):
        [answer] = await registry.answers(version, [one_turn(PROMPTS[0])], 8)
        assert trained.references[0].text.startswith(answer.text)


async def test_a_chat_gets_the_same_answer_as_a_prompt(
    client: httpx.AsyncClient, registry: OllamaRegistry, trained: TrainedModel, registered: Any
) -> None:
    await registry.register(registered, trained.gguf, trained.template)
    [answer] = await registry.answers("v1", [one_turn(PROMPTS[0])], 8)
    messages = [{"role": "user", "content": PROMPTS[0]}]
    body = {"model": "m:v1", "messages": messages, "options": {"num_predict": 8}}
    response = await client.post("/api/chat", json={**body, "stream": False})

    assert response.json()["message"]["content"] == answer.text
