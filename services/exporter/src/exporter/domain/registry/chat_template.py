"""Finds the Ollama template of a model's chat format by comparing rendered chats.

Only a server that does not render the template inside the GGUF, such as Ollama before 0.30, needs
one.
"""

from collections.abc import Callable, Iterator, Sequence

from exporter.domain.parity.answers import RenderedChat
from exporter.domain.registry.turn_format import Message, TurnFormat
from ratchet.contract import Value

Render = Callable[[list[Message]], str]
"""Messages to the text a model reads, up to where the assistant begins to answer.

Raises `ValueError` for a chat that the template refuses, such as one with a system message.
"""


class ChatTemplate(Value):
    """`template` is in Go's template language, `system` the model's default system message.

    `start` is what the tokenizer puts before every chat, so that the template must not. Only
    records of earlier releases have `system` and `start` here.
    """

    family: str
    template: str
    system: str | None = None
    stop: tuple[str, ...]
    start: str = ""


def _talk(*texts: str) -> list[Message]:
    """A user's and an assistant's turns in alternation."""
    roles = ("user", "assistant")
    return [{"role": roles[at % 2], "content": text} for at, text in enumerate(texts)]


_SYSTEM, _FIRST, _ANSWER, _SECOND = "Qsystem0", "Quser1", "Qanswer2", "Quser3"
_TALKS = (
    _talk("How warm is it?"),
    _talk("First?", "Yes: 21.5 °C.", "Second?"),
    _talk("Is pump 3 running?", "No.", 'And "AHU-2"?\nSay <it> & stop.', "It is off.", "Why?"),
)
_BRIEF: Message = {"role": "system", "content": "Line one.\nLine two."}
_PROBES = (*_TALKS, *([_BRIEF, *talk] for talk in _TALKS))
_FAMILIES = {
    "<|im_sep|>": "phi4",
    "<|im_start|>": "chatml",
    "<|start_header_id|>": "llama3",
    "<start_of_turn>": "gemma",
    "[INST]": "mistral",
    "<|start_of_role|>": "granite",
    "<|START_OF_TURN_TOKEN|>": "command-r",
    "<|end|>\n<|user|>": "phi3",
    "</s>\n<|user|>": "zephyr",
}
"""A text of each family's turns, the most specific first; other formats are named `other`."""


def recognize(render: Render, start: str = "") -> ChatTemplate | None:
    """The template that renders every probe chat as `render` does; None if there is none.

    `start` is the text that the tokenizer puts before every chat.
    """
    turns = _learned(render)
    chats = rendered_chats(render)
    if turns is None or any(turns.render(chat.messages) != chat.rendered for chat in chats):
        return None
    template = turns.after(start).template()
    if template is None:
        return None
    marks = (name for mark, name in _FAMILIES.items() if mark in turns.assistant_user)
    return ChatTemplate(family=next(marks, "other"), template=template, stop=turns.stop)


def rendered_chats(render: Render) -> tuple[RenderedChat, ...]:
    """The probe chats that `render` does not refuse."""
    texts = [(probe, _rendered(render, probe)) for probe in _PROBES]
    return tuple(
        RenderedChat(messages=tuple(probe), rendered=text)
        for probe, text in texts
        if text is not None
    )


def _learned(render: Render) -> TurnFormat | None:
    """The texts between the turns, read from three rendered chats."""
    talk = _talk(_FIRST, _ANSWER, _SECOND)
    system = {"role": "system", "content": _SYSTEM}
    plain = _between(_rendered(render, talk), (_FIRST, _ANSWER, _SECOND))
    if plain is None:
        return None
    start_user, user_assistant, assistant_user, opening = plain
    first, whole = (_rendered(render, [system, *talk[:length]]) for length in (1, 3))
    if first is None:
        # The model was never trained with a system message: one that is sent anyway goes where
        # later formats of such families put it.
        led: Sequence[str] | None = (start_user, "\n\n", opening)
    else:
        led = _between(first, (_SYSTEM, _FIRST))
    if led is None:
        return None
    late = whole is not None and _between(whole, (_FIRST, _ANSWER, _SYSTEM, _SECOND)) is not None
    return TurnFormat(
        start_system=led[0],
        start_user=start_user,
        system_user=led[1],
        user_assistant=user_assistant,
        assistant_user=assistant_user,
        opening=opening,
        late_system=late,
    )


def _rendered(render: Render, messages: list[Message]) -> str | None:
    try:
        return render(messages)
    except ValueError:
        return None


def _between(text: str | None, contents: Sequence[str]) -> list[str] | None:
    """The texts around `contents`; None unless each occurs once, in this order."""
    if text is None or any(text.count(content) != 1 for content in contents):
        return None
    return list(_split(text, contents)) if _ordered(text, contents) else None


def _ordered(text: str, contents: Sequence[str]) -> bool:
    places = [text.index(content) for content in contents]
    return places == sorted(places)


def _split(text: str, contents: Sequence[str]) -> Iterator[str]:
    for content in contents:
        before, _, text = text.partition(content)
        yield before
    yield text
