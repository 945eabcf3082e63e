"""How a trained model goes on after some chats: what an export of it is held against."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratchet.contract import Value

Logits = NDArray[np.float32]
"""Positions x vocabulary, before softmax."""
LIKELIEST = 512
_NEVER = -80.0
"""Nats: the log-probability of what cannot be told from impossible."""


class Chat(Value):
    """`user` as the only turn, `rendered` by the chat template, and the greedy answer.

    `asked` and `said` are token ids; `said` leaves out the mark that ends the turn, `ended` is
    whether the model came to it. `plan` says that the answer should be a widget plan.
    """

    user: str
    rendered: str
    asked: tuple[int, ...]
    said: tuple[int, ...]
    ended: bool
    plan: bool = False

    @property
    def tokens(self) -> tuple[int, ...]:
        return self.asked + self.said


@dataclass(frozen=True)
class Likeliest:
    """What may follow each of some positions, in nats.

    `ids` and `logprobs` (positions x at most `LIKELIEST`) are the likeliest tokens, best first;
    `rest` (positions) is the log-probability of all the others together.
    """

    ids: NDArray[np.int32]
    logprobs: NDArray[np.float32]
    rest: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class References:
    """`likeliest[n]` belongs to the last positions of `chats[n]`.

    `training_kl` (nats) is how far the adapter moved these positions from the base's.
    `end_of_turn` is the token that ends an answer.
    """

    chat_template: str
    end_of_turn: int
    training_kl: float
    chats: tuple[Chat, ...]
    likeliest: tuple[Likeliest, ...]

    @property
    def compared(self) -> list[tuple[Chat, Likeliest]]:
        """The spoken answers; the plans, whose text is mostly punctuation, where there are none."""
        told = list(zip(self.chats, self.likeliest, strict=True))
        return [one for one in told if not one[0].plan] or told


def likeliest(logits: Logits) -> Likeliest:
    """The most of `logits` that is worth keeping."""
    count = min(LIKELIEST, logits.shape[-1])
    some = np.argpartition(logits, -count, axis=-1)[:, -count:]
    order = np.argsort(-np.take_along_axis(logits, some, axis=-1), axis=-1, kind="stable")
    ids = np.take_along_axis(some, order, axis=-1).astype(np.int32)
    logprobs, rest = _told(logits, ids)
    return Likeliest(ids, logprobs.astype(np.float32), rest.astype(np.float32))


def divergence(reference: Likeliest, logits: Logits) -> NDArray[np.float64]:
    """KL (nats) of `reference` against `logits` at every position.

    All tokens outside the likeliest count as one: never more than the whole divergence, and as
    much as is told apart. Raises `ValueError` where the positions are not the same number.
    """
    if len(reference) != len(logits):
        raise ValueError(f"cannot compare {len(reference)} positions with {len(logits)}")
    heard, rest = _told(logits, reference.ids)
    told = reference.logprobs.astype(np.float64)
    kl = np.sum(np.exp(told) * (told - heard), axis=-1)
    kl += np.exp(reference.rest) * (reference.rest - rest)
    found: NDArray[np.float64] = np.maximum(kl, 0.0)
    return found


def _told(
    logits: Logits, ids: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The log-probabilities of `ids`, and of everything else together.

    A position at a time: a vocabulary of float32 stays in the processor's cache.
    """
    best = logits.max(axis=-1, keepdims=True)
    weights = (np.exp(row - top) for row, top in zip(logits, best, strict=True))
    total = np.array([[np.sum(weight, dtype=np.float64)] for weight in weights])
    chosen = np.take_along_axis(logits, ids, axis=-1).astype(np.float64)
    logprobs = chosen - best - np.log(total)
    left = 1.0 - np.sum(np.exp(logprobs), axis=-1)
    return logprobs, np.log(np.maximum(left, np.exp(_NEVER)))
