"""Requests a greedy answer from Ollama, with its likeliest tokens and the rendered chat.

Servers older than 0.12.11 report no log-probabilities, and `_debug_render_only` is undocumented:
servers ignore request fields that they do not know, and what they leave out is None or empty here.
"""

from typing import Any

from pydantic import BaseModel, Field, ValidationError

from exporter.backends.registries.ollama_api import OllamaApi
from exporter.backends.registries.token_logprobs import TokenLogprob
from exporter.domain.parity.answers import ServerAnswer
from exporter.ports import RegistryError

_TOP = 20


class _DebugInfo(BaseModel):
    rendered_template: str


class _GenerateResponse(BaseModel):
    response: str = ""
    done: bool = False
    done_reason: str = ""
    logprobs: list[TokenLogprob] | None = None
    debug: _DebugInfo | None = Field(default=None, alias="_debug_info")


async def generate_answer(api: OllamaApi, tag: str, prompt: str, limit: int) -> ServerAnswer:
    """The answer of `tag` to `prompt`, at most `limit` tokens; raises `RegistryError`."""
    options: dict[str, Any] = {"temperature": 0, "num_predict": limit}
    request = {"model": tag, "prompt": prompt, "options": options}
    answer = _parsed(await api.generate({**request, "logprobs": True, "top_logprobs": _TOP}))
    if not answer.done:
        raise RegistryError(f"Ollama lost the connection while {tag} answered")
    render_only = {**request, "_debug_render_only": True, "options": {**options, "num_predict": 1}}
    debug = _parsed(await api.generate(render_only)).debug
    return ServerAnswer(
        text=answer.response,
        tokens=tuple(token.answer_token() for token in answer.logprobs or ()),
        ended=answer.done_reason == "stop",
        rendered=debug.rendered_template if debug else None,
    )


def _parsed(response: dict[str, Any]) -> _GenerateResponse:
    try:
        return _GenerateResponse.model_validate(response)
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False, include_input=False)
        place = ".".join(map(str, first["loc"]))
        raise RegistryError(f"Ollama, generate: {place}: {first['msg']}") from error
