"""Compares how transformers and a model server render a published chat template."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from served_by.renderers import TEMPLATE_ERRORS, NotRendered, Renderer

from exporter.domain.registry.chat_template import Message

Render = Callable[[str, list[Message]], str]
"""A template and a chat to the text that is trained; raises what the template raises."""

_SYSTEM = {"role": "system", "content": "Be brief."}
_FIRST = {"role": "user", "content": "How warm is it?"}
_MORE = [{"role": "assistant", "content": "21.5 °C."}, {"role": "user", "content": "And pump 3?"}]
CHATS = [[_FIRST], [_SYSTEM, _FIRST], [_FIRST, *_MORE], [_SYSTEM, _FIRST, *_MORE]]


@dataclass(frozen=True)
class Compared:
    """`refused` is why training cannot render a chat, `difference` how the server's text differs.

    `alike` counts the chats of `CHATS` that both render to the same text.
    """

    name: str
    alike: int
    refused: str = ""
    difference: str = ""


def compare(file: Path, pin: Callable[[str], str], trained: Render, server: Renderer) -> Compared:
    template = pin(file.read_text(encoding="utf-8"))
    expected = [_rendered(trained, template, chat) for chat in CHATS]
    served = server.render(template, CHATS)
    pairs = list(zip(expected, served, strict=True))
    different = (pair for pair in pairs if isinstance(pair[0], str) and pair[0] != pair[1])
    return Compared(
        name=file.stem,
        alike=sum(1 for ours, theirs in pairs if ours == theirs),
        refused=next((str(text) for text in expected if isinstance(text, NotRendered)), ""),
        difference=next((_difference(str(ours), theirs) for ours, theirs in different), ""),
    )


def _rendered(trained: Render, template: str, chat: list[Message]) -> str | NotRendered:
    try:
        return trained(template, chat)
    except TEMPLATE_ERRORS as error:
        return NotRendered(f"{type(error).__name__}: {error}")


def _difference(ours: str, theirs: str | NotRendered) -> str:
    if isinstance(theirs, NotRendered):
        return f"the server does not render it: {theirs}"
    same = sum(1 for _ in _common(ours, theirs))
    return f"{theirs[same : same + 40]!r} instead of {ours[same : same + 40]!r}"


def _common(one: str, other: str) -> list[str]:
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return list(one[:at])
    return list(one[: min(len(one), len(other))])
