"""Ask a model in Ollama: its greedy answer, the likeliest tokens of each place, the rendered chat.

Servers older than 0.12.11 tell no log-probabilities, and others may not tell what they render:
fields they do not know are ignored, and what they do not tell is None or empty here.
"""

from typing import Any

from pydantic import BaseModel, Field, ValidationError

from exporter.backends.registries.ollama_api import OllamaApi
from exporter.backends.registries.token_logprobs import ToldToken
from exporter.domain.parity.answers import Heard
from exporter.ports import RegistryTrouble

_TOP = 20


class _Debug(BaseModel):
    rendered_template: str


class _Answer(BaseModel):
    response: str = ""
    done: bool = False
    done_reason: str = ""
    logprobs: list[ToldToken] | None = None
    debug: _Debug | None = Field(default=None, alias="_debug_info")


async def ask(api: OllamaApi, tag: str, prompt: str, limit: int) -> Heard:
    """What `tag` says to `prompt` in at most `limit` tokens; raises `RegistryTrouble`."""
    options: dict[str, Any] = {"temperature": 0, "num_predict": limit}
    asked = {"model": tag, "prompt": prompt, "options": options}
    answer = _read(await api.generate({**asked, "logprobs": True, "top_logprobs": _TOP}))
    if not answer.done:
        raise RegistryTrouble(f"Ollama broke off while {tag} answered")
    only = {**asked, "_debug_render_only": True, "options": {**options, "num_predict": 1}}
    rendered = _read(await api.generate(only)).debug
    return Heard(
        text=answer.response,
        tokens=tuple(token.said() for token in answer.logprobs or ()),
        ended=answer.done_reason == "stop",
        rendered=rendered.rendered_template if rendered else None,
    )


def _read(said: dict[str, Any]) -> _Answer:
    try:
        return _Answer.model_validate(said)
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False, include_input=False)
        place = ".".join(map(str, first["loc"]))
        raise RegistryTrouble(f"Ollama, generate: {place}: {first['msg']}") from error
