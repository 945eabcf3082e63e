"""Requests from Ollama a greedy answer with its likeliest tokens, and how it renders a chat.

Servers older than 0.12.11 report no log-probabilities, and `_debug_render_only` is undocumented:
servers ignore request fields that they do not know, and what they leave out is empty here.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from exporter.backends.registries.ollama_api import OllamaApi, RequestRejected
from exporter.backends.registries.token_logprobs import TokenLogprob
from exporter.domain.parity.answers import ServerAnswer, conversation
from exporter.domain.registry.turn_format import Message
from exporter.ports import RegistryError, RenderingRefused
from ratchet.contract import ChatMessage

_TOP = 20


class _DebugInfo(BaseModel):
    rendered_template: str


class _Message(BaseModel):
    content: str = ""


class _OllamaResponse(BaseModel):
    """`response` is that of a prompt, `message` that of a chat."""

    response: str = ""
    message: _Message = _Message()
    done: bool = False
    done_reason: str = ""
    logprobs: list[TokenLogprob] | None = None
    debug: _DebugInfo | None = Field(default=None, alias="_debug_info")


async def generate_answer(
    api: OllamaApi, tag: str, prompt: Sequence[ChatMessage], limit: int
) -> ServerAnswer:
    """The answer of `tag` to `prompt`, at most `limit` tokens; raises `RegistryError`."""
    request: dict[str, Any] = {
        "model": tag,
        "options": {"temperature": 0, "num_predict": limit},
        "logprobs": True,
        "top_logprobs": _TOP,
    }
    if [turn.role for turn in prompt] == ["user"]:
        response = await api.ask("generate", {**request, "prompt": prompt[0].content})
    else:
        response = await api.ask("chat", {**request, "messages": list(conversation(prompt))})
    answer = _parsed(response)
    if not answer.done:
        raise RegistryError(f"Ollama lost the connection while {tag} answered")
    return ServerAnswer(
        text=answer.response or answer.message.content,
        tokens=tuple(token.answer_token() for token in answer.logprobs or ()),
        ended=answer.done_reason == "stop",
    )


async def renderings(api: OllamaApi, tag: str, chat: Sequence[Message]) -> tuple[str, ...]:
    """The text of `chat` as `tag` reads it from each call; empty if the server reports none.

    Raises `RegistryError` and `RenderingRefused`. Only a single user turn can be sent to both.
    """
    # A server that does not know the field answers instead: with one token.
    request: dict[str, Any] = {
        "model": tag,
        "_debug_render_only": True,
        "options": {"num_predict": 1},
    }
    try:
        responses = [await api.ask("chat", {**request, "messages": list(chat)})]
        if [turn["role"] for turn in chat] == ["user"]:
            responses.append(await api.ask("generate", {**request, "prompt": chat[0]["content"]}))
    except RequestRejected as error:
        raise RenderingRefused(str(error)) from error
    debugs = [_parsed(response).debug for response in responses]
    return tuple(debug.rendered_template for debug in debugs if debug is not None)


def _parsed(response: dict[str, Any]) -> _OllamaResponse:
    try:
        return _OllamaResponse.model_validate(response)
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False, include_input=False)
        place = ".".join(map(str, first["loc"]))
        raise RegistryError(f"Ollama, answer: {place}: {first['msg']}") from error
