"""Why a call does not teach: it was refused, broken off, or its prompt was cut."""

import re
from collections.abc import Iterable

from gateway.domain.answers.answer import ServedAnswer
from gateway.domain.answers.thinking import divided
from ratchet.contract import CallFault, ChatMessage

_UNITS = re.compile(
    r"(?:[A-Za-z]|[^\x00-\x7f])(?:'?(?:[A-Za-z]|[^\x00-\x7f]))*"  # a word, or what is not ASCII
    r"|[0-9]{1,4}"
    r"|[!-/:-@\[-`{-~]+(?=[\s0-9]|$)"  # marks that no word follows
    r"|(?<=[A-Za-z0-9])\s*\n"  # the end of a line that has no such mark
)


def fault_of(
    status: int, answer: ServedAnswer, delivered: bool, messages: Iterable[ChatMessage]
) -> CallFault | None:
    """`delivered` is whether the application received the answer to its end."""
    if status >= 400:
        return "refused"
    if not (answer.ended and delivered):
        return "broken"
    read = answer.prompt_tokens
    return "prompt_cut" if read is not None and read < least_tokens(messages) else None


def least_tokens(messages: Iterable[ChatMessage]) -> int:
    """The tokens that these messages need at least.

    Ollama cuts a prompt that is longer than the context in silence; the tokens that it states to
    have read are the only sign. No tokenizer in use joins two words, a word and a number, or a word
    and the mark after it, and none reads more than four digits at once: so each such unit is at
    least one token, and a whole prompt is never below. Long words, numbers and the template come on
    top: a cut of less than these, about a third of a prompt, is not noticed. Templates leave out
    the thinking of earlier answers, so it is not counted.
    """
    return sum(len(_UNITS.findall(divided(message.content)[1])) for message in messages)
