"""Kullback-Leibler divergence between two models that report only their likeliest tokens."""

import math
from collections.abc import Iterable

from exporter.domain.parity.answers import AnswerToken

_LEAST = 1e-12


def divergence(trained: AnswerToken, served: AnswerToken, hidden: frozenset[str]) -> float | None:
    """KL in nats of `trained` against `served` at one position; None without probabilities.

    Compares as many of the trained model's likeliest tokens as the server reports, and one bucket
    for all others. A token that the server does not report counts as at most as likely as the
    least likely one that it does. Tokens whose text is in `hidden` (special tokens, which servers
    spell in different ways) and parts of a character count among the others.
    """
    reported = _shares(_reported(served), hidden)
    compared = dict(list(_shares(trained.top, hidden).items())[: max(len(reported), 1)])
    if not reported or not compared:
        return None
    missing = [text for text in compared if text not in reported]
    spare = max(1.0 - sum(reported.values()), _LEAST) / (len(missing) + 1)
    bound = max(min(spare, *reported.values()), _LEAST)
    against = {text: reported.get(text, bound) for text in compared}
    pairs = [(compared[text], against[text]) for text in compared]
    pairs.append((1.0 - sum(compared.values()), 1.0 - sum(against.values())))
    total = sum(p * math.log(p / max(q, _LEAST)) for p, q in pairs if p > _LEAST)
    return max(total, 0.0)


def comparable(text: str, hidden: frozenset[str]) -> bool:
    """Whether `text` is neither a special token nor a part of a character."""
    return text not in hidden and "\ufffd" not in text


def _reported(token: AnswerToken) -> tuple[tuple[str, float], ...]:
    if token.top or token.logprob is None:
        return token.top
    return ((token.text, token.logprob),)


def _shares(top: Iterable[tuple[str, float]], hidden: frozenset[str]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for text, logprob in top:
        if comparable(text, hidden):
            shares[text] = max(shares.get(text, 0.0), math.exp(logprob))
    return shares
