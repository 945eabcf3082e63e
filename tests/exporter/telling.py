"""Tokens as models tell them, made by hand."""

import math

from exporter.domain.parity.answers import TokenSaid


def said(text: str, share: float = 0.9, **others: float) -> TokenSaid:
    """A token with its share of the probability, and other likely ones, without their spaces."""
    top = {text: share, **others}
    best = sorted(top.items(), key=lambda item: -item[1])
    likeliest = tuple((name, math.log(value)) for name, value in best)
    return TokenSaid(text=text, logprob=math.log(share), top=likeliest)
