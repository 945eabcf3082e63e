"""What a model says to a prompt, token by token: as it was trained, and as a server serves it."""

from ratchet.contract import Value


class TokenSaid(Value):
    """One position of a greedy answer.

    `text` is the token as it stands in the running text, empty for a special token; `top` are
    the likeliest tokens there with their log-probabilities (nats), best first.
    """

    text: str
    logprob: float | None = None
    top: tuple[tuple[str, float], ...] = ()


class Reference(Value):
    """How the trained model goes on after `prompt` as the only user turn, `rendered` as a chat.

    `tokens` end before the end of the turn; `ended` is whether it ended there or was cut off.
    `plan` says that the answer should be a widget plan.
    """

    prompt: str
    rendered: str
    plan: bool = False
    tokens: tuple[TokenSaid, ...]
    ended: bool

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.tokens)


class Heard(Value):
    """What a server said to the same user turn.

    `tokens` is empty where it tells no log-probabilities, `rendered` None where it does not tell
    what it let the model read.
    """

    text: str
    tokens: tuple[TokenSaid, ...] = ()
    ended: bool
    rendered: str | None = None
