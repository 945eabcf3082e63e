"""How the two manners of Ollama render a chat: `old` before release 0.30, `new` from there on.

An old server renders a Go template: the one that was sent, or none that knows turns. A new one
renders the chat template inside the file with llama.cpp, unless another was sent and the file's
offers no more than that: neither tools nor thinking.
"""

import json
import re
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import gotpl
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ratchet_models.gguf_file import GgufFile

Manner = Literal["old", "new"]
Json = dict[str, Any]

NO_TEMPLATE = "{{ .Prompt }}"
_GENERATION = re.compile(r"{%-?\s*(?:end)?generation\s*-?%}")
"""Marks what is trained; it renders nothing."""
_OFFERS_MORE = ("tools", "thinking")


class _OwnFormat(NamedTuple):
    """The chat template of a file; `added` is whether its tokenizer puts `begin` before a chat."""

    template: str
    begin: str
    end: str
    added: bool


def shown_template(manner: Manner, tag: Json, file: Path) -> str:
    """The template that `/api/show` shows: the one that is rendered."""
    sent = tag.get("template")
    if manner == "old":
        return sent or NO_TEMPLATE
    own = _own_format(file).template
    if sent and not any(offer in own for offer in _OFFERS_MORE):
        return str(sent)
    return own or NO_TEMPLATE


def rendered(manner: Manner, tag: Json, file: Path, messages: list[Json]) -> str:
    """The text that the model reads, without the start that the tokenizer adds.

    Raises `ValueError` for a chat that the template refuses.
    """
    system = tag.get("system")
    default = system and messages[0]["role"] != "system"
    chat = [*([{"role": "system", "content": system}] if default else []), *messages]
    template = shown_template(manner, tag, file)
    if manner == "new" and template == (own := _own_format(file)).template:
        return _jinja(own, chat)
    values = [{"Role": message["role"], "Content": message["content"]} for message in chat]
    return str(gotpl.render(template, {"Messages": values, "Prompt": messages[-1]["content"]}))


def _jinja(own: _OwnFormat, chat: list[Json]) -> str:
    def refuse(reason: str) -> None:
        raise ValueError(reason)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = partial(json.dumps, ensure_ascii=False)
    try:
        text = environment.from_string(_GENERATION.sub("", own.template)).render(
            messages=chat,
            add_generation_prompt=True,
            bos_token=own.begin,
            eos_token=own.end,
            tools=None,
            enable_thinking=True,
            raise_exception=refuse,
            strftime_now=lambda form: datetime.now().astimezone().strftime(form),
        )
    except (TemplateError, TypeError) as error:
        raise ValueError(str(error)) from error
    return text.removeprefix(own.begin) if own.added else text


@lru_cache(maxsize=8)
def _own_format(file: Path) -> _OwnFormat:
    fields = GgufFile(file).fields

    def value(name: str, default: Any) -> Any:
        field = fields.get(f"tokenizer.{name}")
        return default if field is None else field.contents()

    def token(name: str) -> str:
        number = value(f"ggml.{name}_token_id", None)
        return "" if number is None else str(fields["tokenizer.ggml.tokens"].contents(number))

    return _OwnFormat(
        template=str(value("chat_template", "")),
        begin=token("bos"),
        end=token("eos"),
        added=bool(value("ggml.add_bos_token", False)),
    )


def is_model(file: Path) -> bool:
    """Whether `file` has the tensors of a model, which a new server checks."""
    try:
        return bool(GgufFile(file).tensors)
    except (ValueError, IndexError):
        return False
