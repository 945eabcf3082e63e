"""Why a call does not teach: it was refused, broken off, or its prompt was cut."""

from collections.abc import Iterable

from gateway.domain.answers.answer import ServedAnswer
from gateway.domain.answers.thinking import divided
from ratchet.contract import CallFault, ChatMessage

_NO_WORD = {code: " " for code in range(128) if not (chr(code).isalpha() or chr(code) == "'")}
_DIGITS = bytes(code if chr(code).isdecimal() else 32 for code in range(128)) + b" " * 128
_MOST_DIGITS = 4


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
    have read are the only sign. No tokenizer in use joins two words, or a word and a number, and
    none reads more than four digits at once: so each such unit is at least one token. Punctuation,
    line breaks and the template come on top, so a whole prompt is never below. A cut of less than
    what comes on top, about a fifth of a prompt, is not noticed. Templates leave out the thinking
    of earlier answers, so it is not counted.
    """
    return sum(_units(divided(message.content)[1]) for message in messages)


def _units(text: str) -> int:
    """Words, or texts that are not ASCII, and groups of four digits."""
    words = text.translate(_NO_WORD).split()
    numbers = text.encode("ascii", "replace").translate(_DIGITS).split()
    return len(words) + sum(-(-len(number) // _MOST_DIGITS) for number in numbers)
