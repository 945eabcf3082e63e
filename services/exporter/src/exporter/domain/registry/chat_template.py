"""Finds the Ollama template of a model's chat format by comparing rendered chats."""

from collections.abc import Callable
from dataclasses import dataclass

from ratchet.contract import Value

Message = dict[str, str]
Render = Callable[[list[Message]], str]
"""Messages to the text a model reads, up to where the assistant begins to answer."""

NO_TEMPLATE = "no known Ollama template renders chats as this model's own template does"


class ChatTemplate(Value):
    """`template` is in Go's template language, `system` the model's default system message.

    `start` is what the tokenizer puts before every chat, so that the template must not.
    """

    family: str
    template: str
    system: str | None
    stop: tuple[str, ...]
    start: str = ""


@dataclass(frozen=True)
class _Family:
    """One message is `head % role`, its text and `tail`; the tokenizer adds `start`."""

    name: str
    start: str
    head: str
    tail: str
    stop: tuple[str, ...]

    def render(self, messages: list[Message]) -> str:
        turns = [f"{self.head % turn['role']}{turn['content']}{self.tail}" for turn in messages]
        return "".join([self.start, *turns, self.head % "assistant"])

    def template(self) -> str:
        head = self.head % "{{ .Role }}"
        opening = self.head % "assistant"
        return "".join(
            ["{{- range .Messages }}", head, "{{ .Content }}", self.tail, "{{ end }}", opening]
        )


_FAMILIES = (
    _Family(
        name="chatml",
        start="",
        head="<|im_start|>%s\n",
        tail="<|im_end|>\n",
        stop=("<|im_start|>", "<|im_end|>"),
    ),
    _Family(
        name="llama3",
        start="<|begin_of_text|>",
        head="<|start_header_id|>%s<|end_header_id|>\n\n",
        tail="<|eot_id|>",
        stop=("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    ),
)
_PROBES: tuple[list[Message], ...] = (
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How warm is it?"}],
    [
        {"role": "system", "content": "Line one.\nLine two."},
        {"role": "user", "content": "First?"},
        {"role": "assistant", "content": "Yes: 21.5 °C."},
        {"role": "user", "content": "Second?"},
    ],
)
_NO_SYSTEM: tuple[list[Message], ...] = ([{"role": "user", "content": "Hello"}], _PROBES[1][1:])


def recognize(render: Render) -> ChatTemplate | None:
    """The template that renders every probe chat as `render` does; None if no family does."""
    for family in _FAMILIES:
        if any(render(probe) != family.render(probe) for probe in _PROBES):
            continue
        system = _default_system(family, render(_NO_SYSTEM[0]))
        default = [] if system is None else [{"role": "system", "content": system}]
        if any(render(probe) != family.render([*default, *probe]) for probe in _NO_SYSTEM):
            continue
        return ChatTemplate(
            family=family.name,
            template=family.template(),
            system=system,
            stop=family.stop,
            start=family.start,
        )
    return None


def _default_system(family: _Family, rendered: str) -> str | None:
    opening = family.start + family.head % "system"
    if not rendered.startswith(opening):
        return None
    return rendered.removeprefix(opening).partition(family.tail)[0]
