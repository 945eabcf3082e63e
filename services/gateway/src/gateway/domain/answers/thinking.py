"""Divides a text into the model's thinking and what it says."""

_BEGIN, _END = "<think>", "</think>"


def divided(text: str) -> tuple[str, str]:
    """The thinking and the rest.

    Some templates begin the thinking in the prompt, so that the text has only its end. A thinking
    without an end is all there is.
    """
    before, begins, after = text.partition(_BEGIN)
    if begins and not before.strip():
        thinking, _, rest = after.partition(_END)
        return thinking.strip(), rest.lstrip()
    thinking, ends, rest = text.partition(_END)
    if ends and not begins:
        return thinking.strip(), rest.lstrip()
    return "", text
