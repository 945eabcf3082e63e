"""Answers to a prompt, token by token: the trained model's, and a server's."""

from exporter.domain.registry.turn_format import Message
from ratchet.contract import Value


class AnswerToken(Value):
    """One position of a greedy answer.

    `text` is the token as it appears in the answer, empty for a special token; `top` are the
    likeliest tokens there with their log-probabilities (nats), best first.
    """

    text: str
    logprob: float | None = None
    top: tuple[tuple[str, float], ...] = ()


class ReferenceAnswer(Value):
    """The trained model's answer to `prompt` as the only user turn, `rendered` as a chat.

    `tokens` exclude the end of the turn; `ended` is False if the answer was cut off. `plan` marks
    a prompt that asks for a widget plan.
    """

    prompt: str
    rendered: str
    plan: bool = False
    tokens: tuple[AnswerToken, ...]
    ended: bool

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.tokens)

    @property
    def chat(self) -> "RenderedChat":
        """The prompt as a chat."""
        turn = {"role": "user", "content": self.prompt}
        return RenderedChat(messages=(turn,), rendered=self.rendered)


class RenderedChat(Value):
    """A chat, and the text that the trained model reads for it."""

    messages: tuple[Message, ...]
    rendered: str


class ServerAnswer(Value):
    """A server's answer to the same user turn; without log-probabilities `tokens` is empty."""

    text: str
    tokens: tuple[AnswerToken, ...] = ()
    ended: bool
