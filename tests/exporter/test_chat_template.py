"""Ollama must render chats as the model was trained to read them, or must not serve it."""

import gotpl
import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from exporter.domain.registry.chat_template import Message, Render, recognize
from exporter.domain.registry.modelfile import Modelfile, Sampling

SMOLLM = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
    "<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{{ '<|im_start|>assistant\n' }}"
)
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] "
    "+ '<|im_end|>' + '\n'}}{% endfor %}{{ '<|im_start|>assistant\n' }}"
)
LLAMA3 = (
    "{{ '<|begin_of_text|>' }}{% for message in messages %}{{ '<|start_header_id|>' + "
    "message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' }}"
    "{% endfor %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
)
PLAIN = "{% for message in messages %}{{ message['role'] + ': ' + message['content'] }}{% endfor %}"
SHOUTING = CHATML.replace("message['content']", "message['content'] | upper")
CHAT: list[Message] = [
    {"role": "user", "content": "Is pump 3 running?"},
    {"role": "assistant", "content": "Yes, at 1450 rpm."},
    {"role": "user", "content": 'And "AHU-2"?\nSay <it> & stop.'},
]


def renderer(template: str) -> Render:
    compiled = ImmutableSandboxedEnvironment().from_string(template)
    return lambda messages: compiled.render(messages=messages)


@pytest.mark.parametrize(
    ("template", "family", "system"),
    [
        (SMOLLM, "chatml", "You are a helpful AI assistant named SmolLM, trained by Hugging Face"),
        (CHATML, "chatml", None),
        (LLAMA3, "llama3", None),
    ],
)
def test_known_chat_formats_are_recognized(template: str, family: str, system: str | None) -> None:
    match = recognize(renderer(template))

    assert match is not None
    assert (match.family, match.system) == (family, system)


@pytest.mark.parametrize("template", [PLAIN, SHOUTING])
def test_a_format_that_renders_differently_is_not_recognized(template: str) -> None:
    assert recognize(renderer(template)) is None


@pytest.mark.parametrize("with_system", [True, False])
@pytest.mark.parametrize("template", [SMOLLM, CHATML, LLAMA3])
def test_the_go_template_renders_what_the_jinja_template_renders(
    template: str, with_system: bool
) -> None:
    render = renderer(template)
    match = recognize(render)
    assert match is not None
    chat = [{"role": "system", "content": "Be brief."}, *CHAT] if with_system else CHAT
    system = (
        [] if with_system or match.system is None else [{"role": "system", "content": match.system}]
    )
    messages = [{"Role": m["role"], "Content": m["content"]} for m in [*system, *chat]]

    rendered = gotpl.render(match.template, {"Messages": messages})

    start = "<|begin_of_text|>" if match.family == "llama3" else ""  # the tokenizer adds it
    assert start + rendered == render(chat)


def test_a_modelfile_pins_the_settings_whose_defaults_may_change() -> None:
    modelfile = Modelfile(sampling=Sampling(), template=recognize(renderer(SMOLLM)))

    assert modelfile.text("./model.gguf").splitlines()[-6:] == [
        "PARAMETER temperature 0.0",
        "PARAMETER repeat_penalty 1.0",
        "PARAMETER num_ctx 4096",
        "PARAMETER num_predict 512",
        'PARAMETER stop "<|im_start|>"',
        'PARAMETER stop "<|im_end|>"',
    ]
    assert modelfile.text("./model.gguf").startswith('FROM ./model.gguf\nTEMPLATE """{{- range')
