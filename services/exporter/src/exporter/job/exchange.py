"""The chats that files are compared on, and what the trained model makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exporter.backends.hf import Trained
from exporter.backends.llama import Scorer
from exporter.domain.answers import Reference, TokenSaid
from exporter.domain.parity import Agreement, Logits, compare, log_softmax

_ANSWER_TOKENS = 24
_COMPARED_TOKENS = 48
"""At the end of each chat: the whole answer and the last of the question."""
_LIKELIEST = 20


@dataclass(frozen=True)
class Exchange:
    """A prompt as token ids and a file's likeliest answer; `trained` are the model's own logits.

    `training` is how far the adapter moved these answers from the base's.
    """

    user: str
    rendered: str
    prompt: list[int]
    said: list[int]
    trained: Logits
    training: Agreement

    def compared(self, scorer: Scorer) -> Agreement:
        return compare(self.trained, scorer.logits([*self.prompt, *self.said], _COMPARED_TOKENS))


def exchanges(trained: Trained, scorer: Scorer, prompts: Sequence[str]) -> list[Exchange]:
    """Each prompt as a user turn, answered by the file behind `scorer`."""
    return [_exchange(trained, scorer, prompt) for prompt in prompts]


def longest(trained: Trained, prompts: Sequence[str]) -> int:
    """The tokens of the longest prompt with its answer."""
    return max(len(trained.tokens(trained.chat(prompt))) for prompt in prompts) + _ANSWER_TOKENS


def _exchange(trained: Trained, scorer: Scorer, user: str) -> Exchange:
    rendered = trained.chat(user)
    prompt = trained.tokens(rendered)
    said = scorer.answered(prompt, _ANSWER_TOKENS)
    logits = trained.logits([*prompt, *said], _COMPARED_TOKENS)
    base = trained.base_logits([*prompt, *said], _COMPARED_TOKENS)
    return Exchange(user, rendered, prompt, said, logits, compare(logits, base))


def reference(exchange: Exchange, trained: Trained) -> Reference:
    """How the trained model continues by itself, as far as the file said the same."""
    due = log_softmax(exchange.trained[-len(exchange.said) - 1 :])
    tokens: list[TokenSaid] = []
    ended = False
    for row, said in zip(due, [*exchange.said, None], strict=True):
        likeliest = int(np.argmax(row))
        ended = likeliest == trained.end_of_turn
        if ended:
            break
        tokens.append(_said(row, trained))
        if likeliest != said:
            break
    return Reference(
        prompt=exchange.user,
        rendered=exchange.rendered,
        plan=False,
        tokens=tuple(tokens),
        ended=ended,
    )


def _said(row: Logits, trained: Trained) -> TokenSaid:
    best = np.argsort(row)[::-1][:_LIKELIEST]
    top = tuple((trained.text([int(token)]), float(row[token])) for token in best)
    return TokenSaid(text=top[0][0], logprob=top[0][1], top=top)
