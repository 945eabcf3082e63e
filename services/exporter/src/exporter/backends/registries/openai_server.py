"""Requests answers from an OpenAI-compatible server: llama-server, vLLM, Ollama's `/v1`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from exporter.backends.registries.token_logprobs import TokenLogprob
from exporter.domain.parity.answers import ServerAnswer
from exporter.domain.registry.turn_format import Message
from exporter.ports import RegistryError, RenderingRefused, rejects_content
from ratchet_text import masked

_CALL = "/chat/completions"
_NO_CALL = (401, 403, 404, 405, 410, 501)
"""How servers say that they have no such call, or none for this client."""
_OPTIONS = {
    "temperature": 0,
    # llama.cpp's servers may penalize repetitions by default, which changes the greedy answer.
    "repeat_penalty": 1.0,
    "logprobs": True,
    "top_logprobs": 20,
}


class _ChoiceLogprobs(BaseModel):
    content: list[TokenLogprob] | None = None


class _ChatMessage(BaseModel):
    content: str | None = None


class _ChatChoice(BaseModel):
    message: _ChatMessage
    logprobs: _ChoiceLogprobs | None = None
    finish_reason: str | None = None


class _ChatCompletion(BaseModel):
    choices: list[_ChatChoice] = Field(min_length=1)


class _RenderedChat(BaseModel):
    prompt: str


class OpenAIServer:
    """`url` is the part before `/chat/completions`, or includes it; `client` has no base URL."""

    def __init__(self, client: httpx.AsyncClient, url: str, model: str) -> None:
        self._client = client
        self._url = url.rstrip("/").removesuffix(_CALL)
        self._model = model

    async def answers(self, prompts: Sequence[str], limit: int) -> tuple[ServerAnswer, ...]:
        """The answer to each of `prompts`; raises `RegistryError`."""
        return tuple([await self._answer(prompt, limit) for prompt in prompts])

    async def _answer(self, prompt: str, limit: int) -> ServerAnswer:
        messages = [{"role": "user", "content": prompt}]
        body = {"model": self._model, "messages": messages, "max_tokens": limit, **_OPTIONS}
        async with self._registry_errors():
            response = await self._client.post(self._url + _CALL, json=body)
            if response.is_error:
                problem = f"{response.status_code} {response.text[:500]}"
                raise RegistryError(f"{masked(self._url)} responds {problem}")
            choice = _ChatCompletion.model_validate_json(response.content).choices[0]
        logprobs = choice.logprobs.content if choice.logprobs else None
        return ServerAnswer(
            text=choice.message.content or "",
            tokens=tuple(token.answer_token() for token in logprobs or ()),
            ended=choice.finish_reason == "stop",
        )

    async def renderings(self, chats: Sequence[Sequence[Message]]) -> tuple[tuple[str, ...], ...]:
        """The text of each of `chats` as the model reads it, from llama-server.

        Empty for servers without that call; raises `RegistryError` and `RenderingRefused`.
        """
        texts = []
        for chat in chats:
            text = await self._rendered(chat)
            if text is None:
                return ()
            texts.append((text,))
        return tuple(texts)

    async def _rendered(self, chat: Sequence[Message]) -> str | None:
        url = self._url.removesuffix("/v1") + "/apply-template"
        body: dict[str, Any] = {"model": self._model, "messages": list(chat)}
        async with self._registry_errors():
            response = await self._client.post(url, json=body)
        if response.is_error and response.status_code not in _NO_CALL:
            problem = f"{masked(url)} responds {response.status_code} {response.text[:500]}"
            rejected = rejects_content(response.status_code)
            raise RenderingRefused(problem) if rejected else RegistryError(problem)
        try:
            return _RenderedChat.model_validate_json(response.content).prompt
        except ValidationError:
            return None

    @asynccontextmanager
    async def _registry_errors(self) -> AsyncIterator[None]:
        try:
            yield
        except (httpx.HTTPError, ValidationError) as error:
            reason = str(error) or type(error).__name__
            raise RegistryError(f"{masked(self._url)}: {reason}") from error
