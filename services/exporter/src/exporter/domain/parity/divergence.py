"""Kullback-Leibler divergence between two models that each tell their likeliest tokens only."""

import math
from collections.abc import Iterable

from exporter.domain.parity.answers import TokenSaid

_LEAST = 1e-12


def divergence(trained: TokenSaid, heard: TokenSaid, hidden: frozenset[str]) -> float | None:
    """KL in nats of `trained` against `heard` at one position; None where one tells nothing.

    Over as many of the trained model's likeliest tokens as the server tells, and one bucket for
    all others. What the server does not tell is at most as likely as the least it tells. Tokens
    whose text is in `hidden` (special ones, which servers spell in different ways) count among
    the others, and so do parts of a character.
    """
    told = _shares(_told(heard), hidden)
    wanted = dict(list(_shares(trained.top, hidden).items())[: max(len(told), 1)])
    if not told or not wanted:
        return None
    missing = [text for text in wanted if text not in told]
    spare = max(1.0 - sum(told.values()), _LEAST) / (len(missing) + 1)
    bound = max(min(spare, *told.values()), _LEAST)
    against = {text: told.get(text, bound) for text in wanted}
    pairs = [(wanted[text], against[text]) for text in wanted]
    pairs.append((1.0 - sum(wanted.values()), 1.0 - sum(against.values())))
    total = sum(p * math.log(p / max(q, _LEAST)) for p, q in pairs if p > _LEAST)
    return max(total, 0.0)


def whole(text: str, hidden: frozenset[str]) -> bool:
    """Whether `text` can be compared: no special token and no part of a character."""
    return text not in hidden and "\ufffd" not in text


def _told(said: TokenSaid) -> tuple[tuple[str, float], ...]:
    if said.top or said.logprob is None:
        return said.top
    return ((said.text, said.logprob),)


def _shares(top: Iterable[tuple[str, float]], hidden: frozenset[str]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for text, logprob in top:
        if whole(text, hidden):
            shares[text] = max(shares.get(text, 0.0), math.exp(logprob))
    return shares
