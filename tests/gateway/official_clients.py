"""One call of an official Python client, and everything that its caller gets."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import ollama
import openai

from ratchet_testing.replaying_upstream import RecordedCase


def python_call(case: RecordedCase, url: str) -> list[Any]:
    """The parts of the answer, or the error that the client raises."""
    fields = json.loads(case.body) if case.body else {}
    call = _openai(case.path, url) if case.path.startswith("/v1/") else _ollama(case.path, url)
    if not case.path.startswith("/v1/") and case.path in ("/api/chat", "/api/generate"):
        fields.setdefault("stream", True)
    try:
        answer = call(**fields)
        parts = answer if fields.get("stream") else [answer]
        return [_plain(part) for part in parts]
    except (ollama.ResponseError, openai.OpenAIError) as error:
        return [type(error).__name__, getattr(error, "status_code", None), str(error)]


def _ollama(path: str, url: str) -> Callable[..., Any]:
    client = ollama.Client(url)
    calls: dict[str, Callable[..., Any]] = {
        "/api/chat": client.chat,
        "/api/generate": client.generate,
        "/api/embed": client.embed,
        "/api/show": client.show,
        "/api/tags": client.list,
        "/api/ps": client.ps,
    }
    return calls[path]


def _openai(path: str, url: str) -> Callable[..., Any]:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    calls: dict[str, Callable[..., Any]] = {
        "/v1/chat/completions": client.chat.completions.create,
        "/v1/completions": client.completions.create,
        "/v1/embeddings": client.embeddings.create,
        "/v1/models": lambda: list(client.models.list()),
    }
    return calls[path]


def _plain(part: Any) -> Any:
    if isinstance(part, Iterable) and not hasattr(part, "model_dump"):
        return [_plain(one) for one in part]
    return part.model_dump(mode="json")
