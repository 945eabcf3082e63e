"""Requests answers from an OpenAI-compatible server: llama-server, vLLM, LocalAI, Ollama's `/v1`.

How it renders chats is reported by llama-server (`/apply-template`) and by vLLM (`/tokenize`).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, Field, ValidationError

from exporter.backends.registries.ollama_api import TIMEOUT
from exporter.backends.registries.token_logprobs import TokenLogprob
from exporter.domain.parity.answers import ServerAnswer, conversation
from exporter.domain.registry.turn_format import Message
from exporter.ports import RegistryError, RenderingRefused, rejects_content
from ratchet.contract import ChatMessage
from ratchet_text import masked

_Answer = TypeVar("_Answer", bound=BaseModel)
_CALL = "/chat/completions"
_RENDER = "/apply-template"
_NO_CALL = (401, 403, 404, 405, 410, 501)
"""How servers say that they have no such call, or none for this client."""
_OPTIONS = {
    "temperature": 0,
    # llama.cpp's servers may penalize repetitions by default, which changes the greedy answer.
    "repeat_penalty": 1.0,
}
_LOGPROBS = {"logprobs": True, "top_logprobs": 20}


class _ChoiceLogprobs(BaseModel):
    content: list[TokenLogprob] | None = None


class _ChatMessage(BaseModel):
    content: str | None = None


class _ChatChoice(BaseModel):
    message: _ChatMessage
    logprobs: _ChoiceLogprobs | None = None
    finish_reason: str | None = None


class _TextChoice(BaseModel):
    text: str
    finish_reason: str | None = None


class _ChatCompletion(BaseModel):
    choices: list[_ChatChoice] = Field(min_length=1)


class _Completion(BaseModel):
    choices: list[_TextChoice] = Field(min_length=1)


class _Text(BaseModel):
    """llama-server's rendered chat, or vLLM's text of tokens."""

    prompt: str


class _Tokens(BaseModel):
    tokens: list[int] = Field(min_length=1)


def openai_client(credentials: tuple[str, str] | None = None) -> httpx.AsyncClient:
    """A client without a base URL, with the user name and password `credentials`."""
    # llama-server with several models closes connections after a response without a notice, which
    # the next request on them would meet.
    fresh = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(auth=credentials, timeout=TIMEOUT, limits=fresh)


class OpenAIServer:
    """`url` is the part before `/chat/completions`, or includes it; `client` has no base URL.

    Errors begin with `shown`, by default the address.
    """

    def __init__(self, client: httpx.AsyncClient, url: str, model: str, shown: str = "") -> None:
        self._client = client
        self._shown = shown or masked(url)
        self._url = url.rstrip("/").removesuffix(_CALL)
        self._model = model

    async def answers(
        self, prompts: Sequence[Sequence[ChatMessage]], limit: int
    ) -> tuple[ServerAnswer, ...]:
        """The answer to each of `prompts`; raises `RegistryError`."""
        return tuple([await self._answer(prompt, limit) for prompt in prompts])

    async def _answer(self, prompt: Sequence[ChatMessage], limit: int) -> ServerAnswer:
        messages = list(conversation(prompt))
        body = {"messages": messages, "max_tokens": limit, **_OPTIONS, **_LOGPROBS}
        choice = (await self._asked(_CALL, body, _ChatCompletion)).choices[0]
        logprobs = choice.logprobs.content if choice.logprobs else None
        return ServerAnswer(
            text=choice.message.content or "",
            tokens=tuple(token.answer_token() for token in logprobs or ()),
            ended=choice.finish_reason == "stop",
        )

    async def continuations(self, texts: Sequence[str], limit: int) -> tuple[ServerAnswer, ...]:
        """What the model writes after each of `texts`, which no chat template changes.

        Raises `RegistryError`, also for a server without `/completions`.
        """
        answers = []
        for text in texts:
            body = {"prompt": text, "max_tokens": limit, **_OPTIONS}
            choice = (await self._asked("/completions", body, _Completion)).choices[0]
            answers.append(ServerAnswer(text=choice.text, ended=choice.finish_reason == "stop"))
        return tuple(answers)

    async def renderings(self, chats: Sequence[Sequence[Message]]) -> tuple[tuple[str, ...], ...]:
        """The text of each of `chats` as the model reads it.

        Empty for servers that do not report it; raises `RegistryError` and `RenderingRefused`.
        """
        texts = []
        for chat in chats:
            text = await self._rendered(chat)
            if text is None:
                return ()
            texts.append((text,))
        return tuple(texts)

    async def _rendered(self, chat: Sequence[Message]) -> str | None:
        messages = {"messages": list(chat)}
        if text := await self._told(_RENDER, messages, _Text):
            return text.prompt
        # llama-server knows this call too: without `content` it returns no tokens.
        tokens = await self._told("/tokenize", messages, _Tokens)
        if tokens is None:
            return None
        text = await self._told("/detokenize", {"tokens": tokens.tokens}, _Text)
        return text.prompt if text else None

    async def _told(self, call: str, body: dict[str, Any], answer: type[_Answer]) -> _Answer | None:
        """None from a server without `call`."""
        async with self._registry_errors():
            response = await self._post(self._url.removesuffix("/v1") + call, body)
        if response.is_error and response.status_code not in _NO_CALL:
            error = self._refused(response)
            if not rejects_content(response.status_code):
                raise error
            # Other servers have a `/tokenize` that takes no messages.
            if call == _RENDER:
                raise RenderingRefused(str(error))
        try:
            return answer.model_validate_json(response.content)
        except ValidationError:
            return None

    async def _asked(self, call: str, body: dict[str, Any], answer: type[_Answer]) -> _Answer:
        async with self._registry_errors():
            response = await self._post(self._url + call, body)
            if response.is_error:
                raise self._refused(response)
            return answer.model_validate_json(response.content)

    def _refused(self, response: httpx.Response) -> RegistryError:
        problem = f"{response.status_code} {response.text[:500]}"
        return RegistryError(f"{self._shown} responds {problem}")

    async def _post(self, url: str, body: dict[str, Any]) -> httpx.Response:
        return await self._client.post(url, json={"model": self._model, **body})

    @asynccontextmanager
    async def _registry_errors(self) -> AsyncIterator[None]:
        try:
            yield
        except (httpx.HTTPError, ValidationError) as error:
            reason = str(error) or type(error).__name__
            raise RegistryError(f"{self._shown}: {reason}") from error
