"""A pinned chat template renders the same text on every day and every server."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from ratchet_text import pinned_template

pytestmark = pytest.mark.heavy

LLAMA_3_1 = """{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}{{- messages[0].content }}"""
LLAMA_3_2 = """{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- endif %}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}{{- messages[0].content }}"""
GRANITE = """{%- macro about() -%}
    Today's Date: {{ strftime_now('%B %d, %Y') }}.
{%- endmacro -%}
{{- about() + messages[0].content }}"""
MISTRAL = """{%- set today = strftime_now("%Y-%m-%d") %}
{{- bos_token + today + " " + messages[0].content }}"""
CLOCK = """{{- strftime_now("%A, %-d %b %y, %H:%M:%S") + ", " + datetime }}"""
QWEN_3 = """{{- messages[0].content + "\\n" }}
{%- if enable_thinking is defined and enable_thinking is false %}
    {{- '<think>\\n\\n</think>\\n\\n' }}
{%- endif %}"""
DEEPSEEK = "{{- messages[0].content }}{{- '<think>' if thinking else '</think>' }}"
LAGUNA = """{%- set preserve_thinking = preserve_thinking | default(false) -%}
{{- "<think></think>" if enable_thinking or preserve_thinking else "</think>" }}"""
INDENTED = "   {% if true %}{{- messages[0].content }}{% endif %}\n"
WRITTEN = {
    "llama 3.1": (LLAMA_3_1, "Today Date: 26 Jul 2024\n\nHi"),
    "llama 3.2": (LLAMA_3_2, "Today Date: 26 Jul 2024\n\nHi"),
    "granite": (GRANITE, "Today's Date: July 26, 2024.Hi"),
    "mistral": (MISTRAL, "<s>2024-07-26 Hi"),
    "clock": (CLOCK, "Friday, 26 Jul 24, 00:00:00, Jul 26 2024"),
    "qwen 3": (QWEN_3, "Hi\n<think>\n\n</think>\n\n"),
    "deepseek": (DEEPSEEK, "Hi</think>"),
    "laguna": (LAGUNA, "</think>"),
    "indented": (INDENTED, "Hi"),
}
"""Excerpts in the manner of published templates, and what their pinned text renders."""

USER = [{"role": "user", "content": "Hi"}]
CHATS = (
    USER,
    [{"role": "system", "content": "Be brief."}, *USER],
    [*USER, {"role": "assistant", "content": "21.5 °C"}, *USER],
)
TODAY, LATER = datetime(2026, 11, 30, 1, 2, 3, tzinfo=UTC), datetime(2030, 1, 2, tzinfo=UTC)
SERVER: dict[str, Any] = {
    "date_string": "02 Jan 2030",
    "datetime": "Jan 02 2030",
    "enable_thinking": True,
    "thinking": True,
    "preserve_thinking": True,
    "clear_thinking": False,
    "drop_thinking": False,
    "truncate_history_thinking": False,
}
"""The variables of a server that lets a model think, on another day."""


def published() -> list[Path]:
    """The files of the directory in CHAT_TEMPLATES, such as llama.cpp's models/templates."""
    directory = os.environ.get("CHAT_TEMPLATES")
    return sorted(Path(directory).glob("*.jinja")) if directory else []


def render(template: str, chat: Any = USER, now: datetime | None = None, **variables: Any) -> str:
    """The text as transformers renders it; an error is part of the result."""
    from transformers.utils import chat_template_utils

    with mock.patch.object(chat_template_utils, "datetime", wraps=datetime) as clock:
        clock.now.return_value = now or TODAY
        special = {"bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": True}
        try:
            [text], _ = chat_template_utils.render_jinja_template(
                [chat], chat_template=template, **special, **variables
            )
        except Exception as error:  # noqa: BLE001 -- a template raises whatever it likes
            return f"{type(error).__name__}: {error}"
    return str(text)


@pytest.mark.parametrize("name", WRITTEN)
def test_the_pinned_text_has_the_constant_date_and_no_thinking(name: str):
    template, expected = WRITTEN[name]
    assert render(pinned_template(template)) == expected
    assert render(pinned_template(template), now=LATER, **SERVER) == expected


def test_the_default_date_of_llama_3_1_is_kept():
    assert render(pinned_template(LLAMA_3_1)) == render(LLAMA_3_1)


@pytest.mark.parametrize("template", ["", "Hi", "\n Hi", *(text for text, _ in WRITTEN.values())])
def test_pinning_twice_equals_pinning_once(template: str):
    pinned = pinned_template(template)
    assert pinned_template(pinned) == pinned
    assert pinned.endswith(template)
    assert len(pinned.removesuffix(template).splitlines()) == 1


@pytest.mark.parametrize("path", published(), ids=lambda path: path.stem)
def test_a_published_template_is_rendered_alike_on_every_day_and_server(path: Path):
    pinned = pinned_template(path.read_text(encoding="utf-8"))
    for chat in CHATS:
        once = render(pinned, chat)
        assert render(pinned, chat, LATER) == once
        assert render(pinned, chat, LATER, **SERVER) == once
