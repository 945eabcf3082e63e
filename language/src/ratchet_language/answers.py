"""Whether a text is an answer that a model may learn from."""

import re
import unicodedata
from typing import Literal

from ratchet_language.thinking import split_thinking

_CONTROL_TOKEN = re.compile(
    r"""
      <[|｜][^\s<>|｜]{1,40}[|｜]>
    | <[|｜](?:tool_call|tool_response|tool|turn|channel|think|image|audio|video|system)>
    | <(?:tool_call|tool_response|tool|turn|channel|image|audio|video)[|｜]>
    | </?s> | <(?:bos|eos|pad|unk|mask)> | <(?:start|end)_of_(?:turn|image|role|text)>
    | \[/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|CLS|SEP|PAD|MASK|UNK)\]
    | <</?SYS>> | <(?:unused|reserved_|extra_id_|special_|SPECIAL_)\d{1,4}>
    """,
    re.VERBOSE,
)
"""ChatML, Llama, Mistral, Gemma, Phi, DeepSeek, Granite, GPT-OSS, T5 and BERT."""

_FILLERS = dict.fromkeys(map(ord, "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"), " ")
"""Characters that Unicode counts as letters, marks or symbols, and that show nothing."""
_UNSHOWN = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_WHITE = re.compile(r"\s+")
_SHIFTED = ("<super>", "<sub>", "<fraction>")
_CUT_OFF = frozenset(
    """length limit maxtokens maxoutputtokens maxnewtokens maxlength maxcompletiontokens tokenlimit
    modellength modelcontextwindowexceeded contextlength contextlengthexceeded contentfilter
    contentfiltered incomplete truncated error abort aborted cancelled canceled timeout refusal
    safety recitation""".split()
)


def control_token(text: str) -> str | None:
    """The first control token of a known chat format that the text spells out."""
    match = _CONTROL_TOKEN.search(text)
    return match.group() if match else None


def is_blank(text: str) -> bool:
    """Whether a text has no letter and no digit that can be seen."""
    return not any(map(str.isalnum, text.translate(_FILLERS)))


def unteachable(text: str) -> Literal["blank", "control_token"] | None:
    """Why a model must not learn this text, if there is a reason."""
    if is_blank(text):
        return "blank"
    return "control_token" if control_token(text) else None


def visible_text(text: str) -> str:
    """What a reader sees of an answer: equal for two that differ in spacing, thinking, invisible
    characters or Unicode's compatible forms.

    Superscripts, subscripts and fractions stay, because 10² is not 102.
    """
    if not text.isascii():
        parts = [c if _is_shifted(c) else unicodedata.normalize("NFKC", c) for c in text]
        text = unicodedata.normalize("NFC", "".join(parts)).translate(_FILLERS)
        text = _UNSHOWN.sub("", text)
    shown = [c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf")]
    _, answer = split_thinking("".join(shown))
    return _WHITE.sub(" ", answer).strip()


def was_cut_off(stop_reason: str) -> bool:
    """Whether a model's stop reason, in any provider's words, means an incomplete answer."""
    return re.sub(r"[\W_]+", "", stop_reason).casefold() in _CUT_OFF


def _is_shifted(character: str) -> bool:
    return unicodedata.decomposition(character).startswith(_SHIFTED)
