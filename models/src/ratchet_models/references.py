"""Reference answers of a trained model, which the parity gate compares an export with."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ratchet.contract import ChatMessage, Value, one_turn

Logits = NDArray[np.float32]
"""Positions x vocabulary, before softmax."""
LIKELIEST = 512
_LEAST_LOGPROB = -80.0
"""Nats: a lower bound, so that the logarithm of a rounded-away remainder is finite."""


class Chat(Value):
    """The only turn `user` or the served `messages`, `rendered`, and the greedy answer.

    `user` is the text of the messages, and `rendered` what the chat template makes of them.

    `asked` and `said` are the token ids of prompt and answer, without the end-of-turn token;
    `ended` is whether the model emitted it. `plan`: the answer should be a widget plan. The field
    names are those of the stored file.
    """

    user: str
    rendered: str
    asked: tuple[int, ...]
    said: tuple[int, ...]
    ended: bool
    plan: bool = False
    messages: tuple[ChatMessage, ...] = Field(default=(), exclude_if=lambda served: not served)

    @property
    def turns(self) -> tuple[ChatMessage, ...]:
        """The messages that the model answers."""
        return self.messages or one_turn(self.user)

    @property
    def tokens(self) -> tuple[int, ...]:
        return self.asked + self.said


@dataclass(frozen=True)
class Likeliest:
    """The next-token distribution at some positions, in nats.

    `ids` and `logprobs` (positions x at most `LIKELIEST`) are the likeliest tokens, best first;
    `rest` (positions) is the log-probability of all other tokens together.
    """

    ids: NDArray[np.int32]
    logprobs: NDArray[np.float32]
    rest: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class References:
    """`likeliest[n]` belongs to the last positions of `chats[n]`.

    `training_kl` (nats) is the divergence of these positions from the base model's.
    `end_of_turn` is the token that ends an answer.
    """

    chat_template: str
    end_of_turn: int
    training_kl: float
    chats: tuple[Chat, ...]
    likeliest: tuple[Likeliest, ...]

    @property
    def compared(self) -> list[tuple[Chat, Likeliest]]:
        """The spoken answers, or the plans if there are none: their text is mostly punctuation."""
        pairs = list(zip(self.chats, self.likeliest, strict=True))
        return [pair for pair in pairs if not pair[0].plan] or pairs


def likeliest(logits: Logits) -> Likeliest:
    """The `LIKELIEST` most probable tokens at every position."""
    count = min(LIKELIEST, logits.shape[-1])
    some = np.argpartition(logits, -count, axis=-1)[:, -count:]
    order = np.argsort(-np.take_along_axis(logits, some, axis=-1), axis=-1, kind="stable")
    ids = np.take_along_axis(some, order, axis=-1).astype(np.int32)
    logprobs, rest = _logprobs(logits, ids)
    return Likeliest(ids, logprobs.astype(np.float32), rest.astype(np.float32))


def divergence(reference: Likeliest, logits: Logits) -> NDArray[np.float64]:
    """KL (nats) of `reference` against `logits` at every position.

    All tokens outside the likeliest count as one, so this is a lower bound of the full divergence
    (data processing inequality). Raises `ValueError` if the numbers of positions differ.
    """
    if len(reference) != len(logits):
        raise ValueError(f"cannot compare {len(reference)} positions with {len(logits)}")
    logprobs, rest = _logprobs(logits, reference.ids)
    expected = reference.logprobs.astype(np.float64)
    kl = np.sum(np.exp(expected) * (expected - logprobs), axis=-1)
    kl += np.exp(reference.rest) * (reference.rest - rest)
    nonnegative: NDArray[np.float64] = np.maximum(kl, 0.0)
    return nonnegative


def _logprobs(
    logits: Logits, ids: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The log-probabilities of `ids`, and of all other tokens together.

    Loops over positions: the logits of one vocabulary fit into the processor's cache.
    """
    best = logits.max(axis=-1, keepdims=True)
    weights = (np.exp(row - top) for row, top in zip(logits, best, strict=True))
    total = np.array([[np.sum(weight, dtype=np.float64)] for weight in weights])
    chosen = np.take_along_axis(logits, ids, axis=-1).astype(np.float64)
    logprobs = chosen - best - np.log(total)
    left = 1.0 - np.sum(np.exp(logprobs), axis=-1)
    return logprobs, np.log(np.maximum(left, np.exp(_LEAST_LOGPROB)))
