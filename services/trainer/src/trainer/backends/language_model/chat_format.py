"""The chats of a run, and its template: the base model's own or a given one, pinned."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from ratchet.contract import ChatMessage
from ratchet_text import UnusableTemplate, takes_system_message, usable_template

_SETTING = "RATCHET_TRAINER_CHAT_TEMPLATE_FILE"
_IF_MISSING = (
    f"set RATCHET_TRAINER_BASE_MODEL to its variant for chats, or {_SETTING} to a file with the "
    "template that it was trained with"
)
_IF_UNUSABLE = f"set {_SETTING} to a file with one that can"


Turns = Sequence[ChatMessage]


def conversation(turns: Turns) -> list[dict[str, str]]:
    """The messages in the format of TRL and of chat templates."""
    return [{"role": turn.role, "content": turn.content} for turn in turns]


def completion(answer: str) -> list[dict[str, str]]:
    """An answer in that format."""
    return [{"role": "assistant", "content": answer}]


class UnusableChatTemplate(ValueError):
    """There is no template, or it renders no question; the message includes the remedy."""


def use_chat_template(tokenizer: Any, given: str | None) -> None:
    """Give `tokenizer` one pinned template: `given`, or its own.

    Raises `UnusableChatTemplate`.
    """
    try:
        template = usable_template(given or tokenizer.chat_template, partial(_render, tokenizer))
    except UnusableTemplate as error:
        remedy = _IF_MISSING if error.missing else _IF_UNUSABLE
        raise UnusableChatTemplate(f"{error}: {remedy}") from error
    tokenizer.chat_template = template


def takes_system(tokenizer: Any) -> bool:
    """Whether the template of `tokenizer` renders a system message."""
    return takes_system_message(tokenizer.chat_template, partial(_render, tokenizer))


def _render(tokenizer: Any, template: str, chat: list[dict[str, str]]) -> str:
    text = tokenizer.apply_chat_template(
        chat, chat_template=template, tokenize=False, add_generation_prompt=True
    )
    return str(text)
