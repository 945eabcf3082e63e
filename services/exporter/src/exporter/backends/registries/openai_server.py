"""Ask any OpenAI-compatible server: llama-server, vLLM, Ollama's own `/v1`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from exporter.backends.registries.token_logprobs import ToldToken
from exporter.domain.parity.answers import Heard
from exporter.ports import RegistryTrouble

_CALL = "/chat/completions"
_GREEDY = {"temperature": 0, "repeat_penalty": 1.0}
"""llama.cpp's servers may punish repetitions by default, and then the likeliest token loses."""
_TELL = {"logprobs": True, "top_logprobs": 20}


class _Logprobs(BaseModel):
    content: list[ToldToken] | None = None


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    logprobs: _Logprobs | None = None
    finish_reason: str | None = None


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


class _Rendered(BaseModel):
    prompt: str


class OpenAIServer:
    """`client` needs no base URL; `url` ends where `/chat/completions` begins, or with it."""

    def __init__(self, client: httpx.AsyncClient, url: str, model: str) -> None:
        self._client = client
        self._url = url.rstrip("/").removesuffix(_CALL)
        self._model = model

    async def ask(self, prompts: Sequence[str], limit: int) -> tuple[Heard, ...]:
        """What the server says to each of `prompts`; raises `RegistryTrouble`."""
        return tuple([await self._ask(prompt, limit) for prompt in prompts])

    async def _ask(self, prompt: str, limit: int) -> Heard:
        messages = [{"role": "user", "content": prompt}]
        body = {"model": self._model, "messages": messages, "max_tokens": limit, **_GREEDY, **_TELL}
        async with self._trouble():
            response = await self._client.post(self._url + _CALL, json=body)
            if response.is_error:
                said = f"{response.status_code} {response.text[:500]}"
                raise RegistryTrouble(f"{self._url} answers {said}")
            choice = _Completion.model_validate_json(response.content).choices[0]
        told = choice.logprobs.content if choice.logprobs else None
        return Heard(
            text=choice.message.content or "",
            tokens=tuple(token.said() for token in told or ()),
            ended=choice.finish_reason == "stop",
            rendered=await self._rendered(messages),
        )

    async def _rendered(self, messages: list[dict[str, str]]) -> str | None:
        """The chat as the model reads it: llama-server tells, others have no such call."""
        url = self._url.removesuffix("/v1") + "/apply-template"
        body: dict[str, Any] = {"messages": messages}
        async with self._trouble():
            response = await self._client.post(url, json=body)
        try:
            return _Rendered.model_validate_json(response.content).prompt
        except ValidationError:
            return None

    @asynccontextmanager
    async def _trouble(self) -> AsyncIterator[None]:
        try:
            yield
        except (httpx.HTTPError, ValidationError) as error:
            reason = str(error) or type(error).__name__
            raise RegistryTrouble(f"{self._url}: {reason}") from error
