"""Answers to a prompt, token by token: the trained model's, and a server's."""

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


class ServerAnswer(Value):
    """A server's answer to the same user turn.

    `tokens` is empty if the server reports no log-probabilities, `rendered` None if it does not
    report the text that the model read.
    """

    text: str
    tokens: tuple[AnswerToken, ...] = ()
    ended: bool
    rendered: str | None = None
