"""Answers to a prompt, token by token: the trained model's, and a server's."""

from collections.abc import Sequence

from pydantic import Field

from exporter.domain.registry.turn_format import Message
from ratchet.contract import ChatMessage, Value, one_turn


class AnswerToken(Value):
    """One position of a greedy answer.

    `text` is the token as it appears in the answer, empty for a special token; `top` are the
    likeliest tokens there with their log-probabilities (nats), best first.
    """

    text: str
    logprob: float | None = None
    top: tuple[tuple[str, float], ...] = ()


class ReferenceAnswer(Value):
    """The trained model's answer to `prompt`, `rendered` as a chat.

    The prompt is the only user turn, or the text of the `messages` that were served. `tokens`
    exclude the end of the turn; `ended` is False if the answer was cut off. `plan` marks a prompt
    that asks for a widget plan.
    """

    prompt: str
    rendered: str
    plan: bool = False
    tokens: tuple[AnswerToken, ...]
    ended: bool
    messages: tuple[ChatMessage, ...] = Field(default=(), exclude_if=lambda served: not served)

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.tokens)

    @property
    def turns(self) -> tuple[ChatMessage, ...]:
        """The messages that are answered."""
        return self.messages or one_turn(self.prompt)

    @property
    def chat(self) -> "RenderedChat":
        """The prompt as a chat."""
        return RenderedChat(messages=conversation(self.turns), rendered=self.rendered)


def conversation(turns: Sequence[ChatMessage]) -> tuple[Message, ...]:
    """The messages as a server takes them."""
    return tuple({"role": turn.role, "content": turn.content} for turn in turns)


class RenderedChat(Value):
    """A chat, and the text that the trained model reads for it."""

    messages: tuple[Message, ...]
    rendered: str


class ServerAnswer(Value):
    """A server's answer to the same user turn; without log-probabilities `tokens` is empty."""

    text: str
    tokens: tuple[AnswerToken, ...] = ()
    ended: bool
