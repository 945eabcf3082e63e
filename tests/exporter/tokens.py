"""Answer tokens with given probabilities."""

import math

from exporter.domain.parity.answers import AnswerToken


def token(text: str, share: float = 0.9, **others: float) -> AnswerToken:
    """A token with its share of the probability; `others` are other likely tokens' shares."""
    top = {text: share, **others}
    best = sorted(top.items(), key=lambda item: -item[1])
    likeliest = tuple((name, math.log(value)) for name, value in best)
    return AnswerToken(text=text, logprob=math.log(share), top=likeliest)
