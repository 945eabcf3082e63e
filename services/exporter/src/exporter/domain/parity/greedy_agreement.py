"""Compares a server's greedy answer with the trained model's, up to the first difference."""

from dataclasses import dataclass

from exporter.domain.parity.answers import AnswerToken, ReferenceAnswer, ServerAnswer
from exporter.domain.parity.divergence import comparable, divergence

TIE = 0.1
"""Nats: a runner-up this near may be the likeliest on another machine, by rounding alone."""


@dataclass(frozen=True)
class GreedyAgreement:
    """Of `tokens` compared positions, `agreeing` had the same token.

    `divergences` are the KL (nats) of the positions whose probabilities the server reported.
    `same_end` is whether the server ended where the trained model did, None if it differed before.
    """

    agreeing: int
    tokens: int
    divergences: tuple[float, ...]
    same_end: bool | None


def compare_greedily(
    reference: ReferenceAnswer, answer: ServerAnswer, hidden: frozenset[str]
) -> GreedyAgreement:
    """Compare while both answers are equal; the first different token is the last one counted.

    After it the two models read different texts. Not counted are a tie, a part of a character,
    and the position where the server was cut off. `hidden` are the texts of special tokens.
    """
    before, agreeing = "", 0
    divergences: list[float] = []
    for index, expected in enumerate(reference.tokens):
        position = _AnswerPosition(answer, index, before)
        if not comparable(expected.text, hidden) or (position.missing and not answer.ended):
            return GreedyAgreement(agreeing, agreeing, tuple(divergences), None)
        if position.token is not None:
            kl = divergence(expected, position.token, hidden)
            divergences += [] if kl is None else [kl]
        if not position.has_token(expected.text):
            excused = position.has_text(expected.text) or _tie(expected, position, hidden)
            counted = agreeing + (not excused)
            return GreedyAgreement(agreeing, counted, tuple(divergences), None)
        agreeing += 1
        before += expected.text
    if not reference.ended:
        return GreedyAgreement(agreeing, agreeing, tuple(divergences), None)
    same_end = answer.ended and answer.text.rstrip() == before.rstrip()
    return GreedyAgreement(agreeing + same_end, agreeing + 1, tuple(divergences), same_end)


@dataclass(frozen=True)
class _AnswerPosition:
    """The part of an answer after the text `before`: token `index` if there are tokens."""

    answer: ServerAnswer
    index: int
    before: str

    @property
    def token(self) -> AnswerToken | None:
        return self.answer.tokens[self.index] if self.index < len(self.answer.tokens) else None

    @property
    def missing(self) -> bool:
        if self.answer.tokens:
            return self.token is None
        return len(self.answer.text) <= len(self.before)

    def has_token(self, text: str) -> bool:
        if self.answer.tokens:
            return self.token is not None and self.token.text == text
        return self.has_text(text)

    def has_text(self, text: str) -> bool:
        """Whether `text` follows `before` in the answer, in any split into tokens.

        Servers hold back text that may begin a stop token, and then report it with a later token.
        """
        return self.answer.text.startswith(self.before + text)


def _tie(expected: AnswerToken, position: _AnswerPosition, hidden: frozenset[str]) -> bool:
    best = max((logprob for _, logprob in expected.top), default=0.0)
    near = [text for text, logprob in expected.top if best - logprob <= TIE]
    if position.missing:
        return any(text in hidden for text in near)
    if len(near) > 1 and len(near) == len(expected.top):
        # All recorded tokens tie, so others that were not recorded may tie with them.
        token = position.token
        return token is None or token.logprob is None or token.logprob >= best - TIE
    others = [text for text in near if text != expected.text]
    return any(comparable(text, hidden) and position.has_token(text) for text in others)
