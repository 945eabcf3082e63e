"""Writes the text of a copy into the messages of its origin."""

from collections.abc import Sequence

from ratchet.contract import ChatMessage, prompt_of


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
