"""Chat templates with the turns of each known family, as short as they can be."""

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from exporter.domain.registry.chat_template import Render
from exporter.domain.registry.turn_format import Message

_LOOP = "{%% for m in messages %%}%s{%% endfor %%}%s"
_ROLES = "{% if m.role == 'system' %}A{% elif m.role == 'user' %}B{% else %}C{% endif %}"
PINNED = (
    "{%- set date_string = '26 Jul 2024' %}{%- set enable_thinking = false %}"
    "{%- set thinking = false %}\n"
)
"""A first line that fixes what a clock or a server's default would change."""


def _roles(system: str, user: str, assistant: str, opening: str, start: str = "") -> str:
    turns = _ROLES.replace("A", system).replace("B", user).replace("C", assistant)
    return start + _LOOP % (turns, opening)


_CHATML = _LOOP % (
    "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n",
    "<|im_start|>assistant\n",
)
_LLAMA3_TURN = (
    "<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content | trim }}<|eot_id|>"
)
_LLAMA3_END = "<|start_header_id|>assistant<|end_header_id|>\n\n"
_DATED = (
    "{% if messages[0].role == 'system' %}{% set system = messages[0].content %}"
    "{% set messages = messages[1:] %}{% else %}{% set system = '' %}{% endif %}<|begin_of_text|>"
    "<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n"
    "Today Date: {{ date_string or strftime_now('%d %b %Y') }}\n\n{{ system }}<|eot_id|>"
)
_GEMMA = (
    "{% if messages[0].role == 'system' %}A{% else %}{% set system = '' %}{% endif %}<bos>"
    "{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else 'user' }}\n"
    "{{ system if loop.first }}{{ m.content | trim }}<end_of_turn>\n{% endfor %}"
    "<start_of_turn>model\n"
)
_MISTRAL = (
    "{% if messages[0].role == 'system' %}{% set system = messages[0].content %}"
    "{% set messages = messages[1:] %}{% endif %}<s>{% for m in messages %}"
    "{% if m.role == 'user' %}[INST] {{ system ~ '\n\n' if system and loop.WHERE }}{{ m.content }}"
    "[/INST]{% else %} {{ m.content }}</s>{% endif %}{% endfor %}"
)
_GRANITE = "<|start_of_role|>{{ m.role }}<|end_of_role|>{{ m.content }}<|end_of_text|>\n"
_GRANITE_SYSTEM = (
    "{% if messages[0].role != 'system' %}<|start_of_role|>system<|end_of_role|>"
    "You are Granite.<|end_of_text|>\n{% endif %}"
)
_COMMAND_TURN = "<|START_OF_TURN_TOKEN|><|%s_TOKEN|>{{ m.content }}<|END_OF_TURN_TOKEN|>"

REFUSES_SYSTEM = ("Gemma 2", "Mistral, without system")
_NO_SYSTEM = "{{ raise_exception('System role not supported') }}"
FORMATS = {
    "ChatML": _CHATML,
    "Qwen 2.5": (
        "{% if messages[0].role != 'system' %}<|im_start|>system\nYou are Qwen.<|im_end|>\n"
        "{% endif %}" + _CHATML
    ),
    "Qwen 3": _CHATML + "{% if enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}",
    "Llama 3": "<|begin_of_text|>" + _LOOP % (_LLAMA3_TURN, _LLAMA3_END),
    "Llama 3.1": _DATED + _LOOP % (_LLAMA3_TURN, _LLAMA3_END),
    "Gemma 2": _GEMMA.replace("A", _NO_SYSTEM),
    "Gemma 3": _GEMMA.replace(
        "A",
        "{% set system = messages[0].content ~ '\n\n' %}{% set messages = messages[1:] %}",
    ),
    "Mistral, system first": _MISTRAL.replace("WHERE", "first"),
    "Mistral, system last": _MISTRAL.replace("WHERE", "last"),
    "Mistral, system of its own": _roles(
        "[SYSTEM_PROMPT]{{ m.content }}[/SYSTEM_PROMPT]",
        "[INST]{{ m.content }}[/INST]",
        "{{ m.content }}</s>",
        "",
        "<s>",
    ),
    "Mistral, without system": _roles(
        _NO_SYSTEM, "[INST] {{ m.content }} [/INST]", "{{ m.content }}</s>", "", "<s>"
    ),
    "Phi 3": _LOOP % ("<|{{ m.role }}|>\n{{ m.content }}<|end|>\n", "<|assistant|>\n"),
    "Phi 4": _LOOP
    % (
        "<|im_start|>{{ m.role }}<|im_sep|>{{ m.content }}<|im_end|>",
        "<|im_start|>assistant<|im_sep|>",
    ),
    "Zephyr": _LOOP % ("<|{{ m.role }}|>\n{{ m.content }}</s>\n", "<|assistant|>\n"),
    "Granite": _GRANITE_SYSTEM + _LOOP % (_GRANITE, "<|start_of_role|>assistant<|end_of_role|>"),
    "Command R": _roles(
        _COMMAND_TURN % "SYSTEM",
        _COMMAND_TURN % "USER",
        _COMMAND_TURN % "CHATBOT",
        "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
        "<BOS_TOKEN>",
    ),
}
FAMILIES = {
    "Qwen 2.5": "chatml",
    "Qwen 3": "chatml",
    "Llama 3.1": "llama3",
    "Gemma 2": "gemma",
    "Mistral, without system": "mistral",
    "Mistral, system last": "mistral",
    "Phi 3": "phi3",
    "Phi 4": "phi4",
    "Zephyr": "zephyr",
    "Granite": "granite",
    "Command R": "command-r",
}
STARTS = {"Llama 3": "<|begin_of_text|>", "Gemma 3": "<bos>", "Mistral, system last": "<s>"}
"""What the tokenizer of some families puts before every chat."""


def renderer(template: str) -> Render:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    compiled = environment.from_string(template)

    def refuse(reason: str) -> None:
        raise ValueError(reason)

    def render(messages: list[Message]) -> str:
        try:
            return compiled.render(messages=messages, raise_exception=refuse)
        except TemplateError as error:
            raise ValueError(str(error)) from error

    return render
