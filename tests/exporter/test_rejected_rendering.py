"""A chat that a server rejects is a refusal in its words; an error of the server is retried."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.backends.registries.ollama import OllamaRegistry
from exporter.backends.registries.served_directory import ServedDirectory
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.registry.record import ModelRecord
from exporter.ports import Registry, RegistryError
from exporter.registry.registration import Registered, RegistrationRefused, register_and_check
from ratchet_testing.ollama_server.server import OllamaStandIn

from .chat_formats import FORMATS
from .llama_server import LlamaServer
from .test_registration import recorded

WORDS = "this template takes no such chat"
Outcome = Registered | RegistrationRefused
Serve = Callable[[int | Exception], Awaitable[Outcome]]


class RejectedAt(httpx.ASGITransport):
    """Answers calls of `path` with a status and `WORDS`, or raises, and passes the others on."""

    def __init__(self, app: Any, path: str, answer: int | Exception) -> None:
        super().__init__(app)
        self.path = path
        self.answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != self.path:
            return await super().handle_async_request(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return httpx.Response(self.answer, json={"error": WORDS}, request=request)


@pytest.fixture(params=["ollama", "llama-server"])
def serve(request: pytest.FixtureRequest, tmp_path: Path, gguf: Path, record: Any) -> Serve:
    known: ModelRecord = recorded(record("v1"), gguf, FORMATS["ChatML"])

    async def with_ollama(answer: int | Exception) -> Outcome:
        app = OllamaStandIn(tmp_path / "ollama").app
        transport = RejectedAt(app, "/api/chat", answer)
        async with httpx.AsyncClient(transport=transport, base_url="http://ollama") as client:
            return await judged(OllamaRegistry(client, "m"))

    async def with_llama_server(answer: int | Exception) -> Outcome:
        app = LlamaServer(tmp_path / "registry" / "m").app
        transport = RejectedAt(app, "/apply-template", answer)
        async with httpx.AsyncClient(transport=transport) as client:
            registry = ServedDirectory(tmp_path / "registry", "m", client, "http://llama")
            return await judged(registry)

    async def judged(registry: Registry) -> Outcome:
        return await register_and_check(registry, known, gguf, LIMITS)

    return with_ollama if request.param == "ollama" else with_llama_server


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_rejected_chat_is_a_refusal_in_the_words_of_the_server(
    serve: Serve, status: int
) -> None:
    outcome = await serve(status)

    assert isinstance(outcome, RegistrationRefused)
    assert f"{status} " in outcome.reason
    assert WORDS in outcome.reason
    assert outcome.parity is not None
    assert [fault.name for fault in outcome.parity.faults] == ["template"]


@pytest.mark.parametrize("answer", [500, 503, 429, httpx.ReadTimeout("no answer in time")])
async def test_an_error_of_the_server_is_retried(serve: Serve, answer: int | Exception) -> None:
    with pytest.raises(RegistryError):
        await serve(answer)
