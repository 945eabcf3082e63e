"""Separates a model's thinking from its answer, in the formats that models write."""

import re
from collections.abc import Iterator

_NAMES = (
    r"[a-z_]{0,20}(?:think(?:ing)?|thoughts?|reason(?:ing)?|monologue|scratchpad)"
    r"|analysis|reflection|cot|inner monologue"
)
_MARK = re.compile(
    rf"""
      (?:<|&lt;)\s{{0,3}}(?P<closed>/)?\s{{0,3}}(?:[a-z]{{1,20}}:)?(?:{_NAMES})\b
        [^<>]{{0,80}}?(?P<alone>/)?(?:>|&gt;)
    | (?P<begin><\|(?:begin[_ ]of[_ ]|start[_ ])(?:{_NAMES})\|>)
    | (?P<end><\|end[_ ](?:of[_ ])?(?:{_NAMES})\|>)
    | (?P<square>\[(?P<square_closed>/)?(?:{_NAMES})\])
    | (?P<triangle>◁(?P<triangle_closed>/)?(?:{_NAMES})▷)
    | (?P<turn><\|channel>\s{{0,3}}(?:{_NAMES})\b)
    | (?P<turn_end><channel\|>)
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Marks around thinking: tags of any spelling, and those of OpenThinker, Command A, Magistral,
Kimi and Gemma."""

_START = re.compile(
    r"<(?=[a-z\s/]|\|(?:begin|start|end|channel)|channel)|&lt;|\[(?=/?[a-z])|◁", re.IGNORECASE
)

_FINAL = re.compile(r"<\|channel\|>\s{0,3}final\b[^<]{0,80}<\|message\|>", re.IGNORECASE)
_UNMARKED = re.compile(r"\s*(?:assistant)?(analysis.*)assistantfinal", re.IGNORECASE | re.DOTALL)
"""The channels of GPT-OSS if the server drops their marks."""
_CHANNEL = re.compile(r"(?:<\|start\|>[^<]{0,80})?<\|channel\|>|<\|message\|>", re.IGNORECASE)
_AFTER_FINAL = re.compile(r"<\|(?:return|end|start|channel)\|>", re.IGNORECASE)
_HARMONY_MARK = re.compile(
    r"(?:<\|start\|>[a-z]{0,20})?<\|channel\|>[^<]{0,80}<\|message\|>|<\|(?:end|return)\|>",
    re.IGNORECASE,
)
_ANSWER_MARK = re.compile(
    r"</?(?:final[_ ])?(?:answer|response|solution|output)>"
    r"|<\|(?:begin|start|end)_(?:of_)?(?:solution|response|answer)\|>",
    re.IGNORECASE,
)


def split_thinking(text: str) -> tuple[str, str]:
    """The thinking and the answer; a text without marks of thinking is the answer, unchanged.

    Thinking that is not closed reaches to the end. Where only its end is marked, as by models
    whose prompt opens it, everything before that is thinking.
    """
    if unmarked := _UNMARKED.match(text):
        return unmarked[1].strip(), text[unmarked.end() :].strip()
    if "<|" in text:
        if final := max(_FINAL.finditer(text), key=re.Match.end, default=None):
            answer = text[final.end() :]
            if closed := _AFTER_FINAL.search(answer):
                answer = answer[: closed.start()]
            return _HARMONY_MARK.sub(" ", text[: final.end()]).strip(), answer.strip()
        if _CHANNEL.match(text.lstrip()):
            return _HARMONY_MARK.sub(" ", text).strip(), ""
    thinking: list[str] = []
    answer_parts: list[str] = []
    depth, at, marked = 0, 0, False
    for start, end, change in _marks(text):
        marked = True
        (thinking if depth else answer_parts).append(text[at:start])
        at = end
        if change < 0 and depth == 0:
            thinking, answer_parts = [*thinking, *answer_parts], []
        depth = max(0, depth + change)
    if not marked:
        return "", text
    (thinking if depth else answer_parts).append(text[at:])
    answer = _ANSWER_MARK.sub("", "".join(answer_parts))
    return "\n".join(filter(None, map(str.strip, thinking))), answer.strip()


def _marks(text: str) -> Iterator[tuple[int, int, int]]:
    """Start and end of each mark, and by how much it changes the depth of the nesting."""
    end = 0
    for start in _START.finditer(text):
        mark = _MARK.match(text, start.start()) if start.start() >= end else None
        if mark is None:
            continue
        end = mark.end()
        if mark["alone"]:
            change = 0
        elif mark["closed"] or mark["end"] or mark["square_closed"] or mark["triangle_closed"]:
            change = -1
        else:
            change = -1 if mark["turn_end"] else 1
        yield *mark.span(), change
