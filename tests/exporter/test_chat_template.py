"""Ollama must render chats as the model was trained to read them, or must not serve it."""

from typing import Any

import gotpl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.domain.registry.chat_template import (
    ChatTemplate,
    Render,
    recognize,
    rendered_chats,
)
from exporter.domain.registry.modelfile import Modelfile, Sampling
from exporter.domain.registry.turn_format import Message

from .chat_formats import FAMILIES, FORMATS, PINNED, REFUSES_SYSTEM, STARTS, renderer

CHAT: list[Message] = [
    {"role": "user", "content": "Is pump 3 running?"},
    {"role": "assistant", "content": "Yes, at 1450 rpm."},
    {"role": "user", "content": 'And "AHU-2"?\nSay <it> & stop.'},
]
SYSTEM: Message = {"role": "system", "content": "Be brief."}
PLAIN = "{% for message in messages %}{{ message['role'] + ': ' + message['content'] }}{% endfor %}"
UNRECOGNIZED = {
    "shouts": FORMATS["ChatML"].replace("m.content", "m.content | upper"),
    "counts its turns": FORMATS["ChatML"].replace("{{ m.role }}", "{{ m.role }}{{ loop.index }}"),
    "repeats the question": FORMATS["ChatML"] + "{{ messages[-1].content }}",
    "needs tools": "{{ tools.names }}" + FORMATS["ChatML"],
    "ignores the system message": FORMATS["ChatML"].replace(
        "{% for m in messages %}", "{% for m in messages if m.role != 'system' %}"
    ),
    "has a text of Go templates": FORMATS["ChatML"] + "{{ '{{' }}",
    "has a text that ends a Modelfile's": FORMATS["ChatML"] + '"""',
}


def go(template: ChatTemplate, messages: list[Message]) -> str:
    values = [{"Role": m["role"], "Content": m["content"]} for m in messages]
    return str(gotpl.render(template.template, {"Messages": values}))


def recognized(name: str, start: str = "") -> tuple[Render, ChatTemplate]:
    render = renderer(PINNED + FORMATS[name])
    match = recognize(render, start)
    assert match is not None
    return render, match


@pytest.mark.parametrize("name", FAMILIES)
def test_known_chat_formats_are_recognized_with_and_without_a_pinned_line(name: str) -> None:
    _, match = recognized(name)
    bare = recognize(renderer(FORMATS[name].replace("strftime_now('%d %b %Y')", "''")))

    assert bare is not None
    assert match.family == bare.family == FAMILIES[name]


@pytest.mark.parametrize(
    ("name", "with_system"),
    [
        (name, with_system)
        for name in FORMATS
        for with_system in (True, False)
        if not (with_system and name in REFUSES_SYSTEM)
    ],
)
def test_the_go_template_renders_what_the_jinja_template_renders(
    name: str, with_system: bool
) -> None:
    render, match = recognized(name)
    for length in (1, 3):
        chat = [*([SYSTEM] if with_system else []), *CHAT[:length]]
        assert go(match, chat) == render(chat)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1)))
def test_any_turns_are_rendered_alike(texts: list[str]) -> None:
    """The format's own template of each shape, with contents of any characters."""
    texts = [*texts[: len(texts) - len(texts) % 2], "Why?"]
    chat = [
        {"role": ("user", "assistant")[number % 2], "content": text}
        for number, text in enumerate(texts)
    ]
    for name in ("ChatML", "Mistral, system first", "Mistral, system last"):
        render, match = recognized(name)
        assert go(match, [SYSTEM, *chat]) == render([SYSTEM, *chat])


@pytest.mark.parametrize("name", STARTS)
def test_the_text_that_the_tokenizer_adds_is_not_in_the_template(name: str) -> None:
    render, match = recognized(name, STARTS[name])

    for chat in (CHAT, [SYSTEM, *CHAT]):
        assert STARTS[name] + go(match, chat) == render(chat)


@pytest.mark.parametrize("name", REFUSES_SYSTEM)
def test_a_template_that_refuses_a_system_message_is_judged_without_one(name: str) -> None:
    render, match = recognized(name)
    chats = rendered_chats(render)

    assert chats
    assert all(message["role"] != "system" for chat in chats for message in chat.messages)
    question = CHAT[0]["content"]
    with_system = render(CHAT[:1]).replace(question, f"Be brief.\n\n{question}")
    assert go(match, [SYSTEM, *CHAT[:1]]) == with_system


@pytest.mark.parametrize("name", UNRECOGNIZED)
def test_a_format_that_renders_differently_is_not_recognized(name: str) -> None:
    assert recognize(renderer(UNRECOGNIZED[name])) is None


def test_a_template_that_renders_no_chat_has_no_chats_to_compare() -> None:
    assert rendered_chats(renderer(UNRECOGNIZED["needs tools"])) == ()


def test_turns_without_special_texts_are_recognized_and_end_with_the_models_own_token() -> None:
    match = recognize(renderer(PLAIN))

    assert match is not None
    assert (match.family, match.stop) == ("other", ())


def test_a_modelfile_pins_the_settings_whose_defaults_may_change() -> None:
    modelfile = Modelfile(sampling=Sampling(), template=recognized("Qwen 2.5")[1])

    text = modelfile.text("./model.gguf")
    assert text.splitlines()[-6:] == [
        "PARAMETER temperature 0.0",
        "PARAMETER repeat_penalty 1.0",
        "PARAMETER num_ctx 4096",
        "PARAMETER num_predict 512",
        'PARAMETER stop "<|im_end|>"',
        'PARAMETER stop "<|im_start|>"',
    ]
    assert text.startswith('FROM ./model.gguf\nTEMPLATE """{{- $before')


def test_a_record_of_the_release_before_keeps_its_template() -> None:
    earlier: dict[str, Any] = {
        "family": "llama3",
        "template": "{{- range .Messages }}{{ .Content }}{{ end }}",
        "system": "You are brief.",
        "stop": ["<|eot_id|>"],
        "start": "<|begin_of_text|>",
    }
    assert ChatTemplate.model_validate(earlier).model_dump(mode="json") == earlier
