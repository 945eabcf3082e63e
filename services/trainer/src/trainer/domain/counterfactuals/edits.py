"""Edits a text, and writes the text of a copy into the messages of its origin."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ratchet.contract import ChatMessage, prompt_of
from ratchet_truth.vocabulary.phrases import language_in
from ratchet_truth.vocabulary.tokens import tokens_in

_ARTICLE = re.compile(r"\b(a|an|A|An)( +)$")


class Unclear(ValueError):
    """A text has a fact whose counterpart in the copy is not certain."""


class Edit(NamedTuple):
    start: int
    end: int
    new: str


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text with its edits, in English with "a" or "an" before them as they need."""
    is_english = language_in(text, tokens_in(text)) == "en"
    parts: list[str] = []
    reached = 0
    for edit in sorted(set(edits)):
        if edit.start < reached:
            raise Unclear("two facts overlap")
        between = text[reached : edit.start]
        old = text[edit.start : edit.end]
        if is_english and edit.new[:1].lower() != old[:1].lower():
            between = _with_article(between, edit.new)
        parts += [between, edit.new]
        reached = edit.end
    return "".join((*parts, text[reached:]))


def _with_article(before: str, new: str) -> str:
    """The text before a new word, with "an" before a vowel if it ends in an article."""
    ending = "n" if new[:1].lower() in "aeiou" else ""
    return _ARTICLE.sub(lambda found: found[1][0] + ending + found[2], before)


def with_text(messages: Sequence[ChatMessage], prompt: str) -> tuple[ChatMessage, ...] | None:
    """The messages whose joined text is `prompt`, with the lines that each of them had.

    None if `prompt` has other lines: where a message ends is then not certain.
    """
    lines = prompt.split("\n")
    found = []
    start = 0
    for message in messages:
        end = start + message.content.count("\n") + 1
        found.append(message.model_copy(update={"content": "\n".join(lines[start:end])}))
        start = end + 1
    parted = tuple(found)
    return parted if start == len(lines) + 1 and prompt_of(parted) == prompt else None
