"""The chat template of a run: the base model's own or a given one, pinned."""

from typing import Any

from ratchet_text import pinned_template

_SETTING = "RATCHET_TRAINER_CHAT_TEMPLATE_FILE"
_QUESTION = "How warm is it?"
_USER = {"role": "user", "content": _QUESTION}
_SYSTEM = {"role": "system", "content": "Be brief."}


class UnusableChatTemplate(ValueError):
    """There is no template, or it renders no question; the message includes the remedy."""


def use_chat_template(tokenizer: Any, given: str | None) -> None:
    """Give `tokenizer` one pinned template: `given`, or its own.

    Of several named templates it is the one named "default". Raises `UnusableChatTemplate`.
    """
    own = tokenizer.chat_template
    template = given or (own.get("default") if isinstance(own, dict) else own)
    if not template:
        raise UnusableChatTemplate(
            "the base model has no chat template: set RATCHET_TRAINER_BASE_MODEL to its variant "
            f"for chats, or {_SETTING} to a file with the template that it was trained with"
        )
    tokenizer.chat_template = pinned_template(template)
    if _QUESTION not in _rendered(tokenizer, _USER):
        raise _renders_nothing("the question is not in the rendered text")


def takes_system_message(tokenizer: Any) -> bool:
    """Whether the template renders a system message instead of raising an error."""
    try:
        _rendered(tokenizer, _SYSTEM, _USER)
    except UnusableChatTemplate:
        return False
    return True


def _rendered(tokenizer: Any, *turns: dict[str, str]) -> str:
    """Raises `UnusableChatTemplate` if the template refuses the chat."""
    try:
        text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    except Exception as error:  # a template is a program: it may raise anything
        raise _renders_nothing(f"it raises {type(error).__name__}: {error}") from error
    return str(text)


def _renders_nothing(detail: str) -> UnusableChatTemplate:
    return UnusableChatTemplate(
        f"the base model's chat template cannot render a question ({detail}): set {_SETTING} to a "
        "file with one that can"
    )
