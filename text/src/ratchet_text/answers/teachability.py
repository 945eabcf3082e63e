"""Whether a text is an answer that a model may learn from."""

import re
import unicodedata
from typing import Literal

from ratchet_text.answers.thinking import split_thinking

_CONTROL_TOKEN = re.compile(
    r"""
      <[|｜][^\s<>|｜]{1,40}[|｜]>
    | <[|｜](?:tool_call|tool_response|tool|turn|channel|think|image|audio|video|system)>
    | <(?:tool_call|tool_response|tool|turn|channel|image|audio|video)[|｜]>
    | \[\|[^\s\[\]|]{1,40}\|\]
    | </?s> | <(?:bos|eos|pad|unk|mask)> | <(?:start|end)_of_(?:turn|image|role|text|utterance)>
    | </?(?:tool_(?:call|response|result)|function_call|sop|eop)> | <fim_[a-z]{1,10}>
    | \[(?:BOS|EOS|g?MASK|extra_id_\d{1,4})\]
    | \[/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|CLS|SEP|PAD|UNK)\]
    | <</?SYS>> | <(?:unused|reserved_|extra_id_|special_|SPECIAL_)\d{1,4}>
    """,
    re.VERBOSE,
)
"""ChatML, Llama, Mistral, Gemma, Phi, DeepSeek, Granite, GPT-OSS, EXAONE, T5 and BERT."""

_FILLERS = dict.fromkeys(map(ord, "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"), " ")
"""Letters, marks and symbols of Unicode that are blank."""
_UNSHOWN = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_SHIFTED_KINDS = ("<super>", "<sub>", "<fraction>")
_SHIFTED = re.compile(
    "([{}]+)".format(
        "".join(
            character
            for character in map(chr, range(0xA0, 0x3400))
            if unicodedata.decomposition(character).startswith(_SHIFTED_KINDS)
        )
    )
)
_CUT_OFF = re.compile(
    r"length|limit|max|exceed|filter|truncat|incomplete|error|fail|abort|cancel|interrupt|time.?out"
    r"|refus|safety|recitation|toxic|block|prohibit|spii|sensitive|guardrail|malformed|language"
    r"|resource|tool|function|pause|num_?predict|unload|^(?:load|other)$",
    re.IGNORECASE,
)
"""Parts of the names that providers have for the reasons why an answer is not whole."""


def control_token(text: str) -> str | None:
    """The first control token of a known chat format in the text; None without one."""
    match = _CONTROL_TOKEN.search(text) if "<" in text or "[" in text else None
    return match.group() if match else None


def is_blank(text: str) -> bool:
    """Whether a text has no letter and no digit that can be seen."""
    return not any(c.isalnum() and ord(c) not in _FILLERS for c in text)


def unteachable(text: str) -> Literal["blank", "control_token"] | None:
    """Why a model must not learn this text, if there is a reason."""
    if is_blank(text):
        return "blank"
    return "control_token" if control_token(text) else None


def visible_text(text: str) -> str:
    """The visible part of an answer: equal for two that differ in spacing, thinking, invisible
    characters or Unicode's compatible forms.

    Superscripts, subscripts and fractions stay, because 10² is not 102.
    """
    if not text.isascii():
        if not unicodedata.is_normalized("NFKC", text):
            parts = _SHIFTED.split(text)
            parts[::2] = [unicodedata.normalize("NFKC", part) for part in parts[::2]]
            text = unicodedata.normalize("NFC", "".join(parts))
        text = _UNSHOWN.sub("", text.translate(_FILLERS))
    text = " ".join(text.split())
    if not text.isprintable():
        shown = [c for c in text if unicodedata.category(c) not in ("Cc", "Cf")]
        text = "".join(shown)
    _, answer = split_thinking(text)
    return " ".join(answer.split())


def was_cut_off(stop_reason: str) -> bool:
    """Whether a stop reason of any provider means that the answer is incomplete."""
    return _CUT_OFF.search(stop_reason) is not None
