"""Follow a server's answer beside the trained model's, up to the first place where they part."""

from dataclasses import dataclass

from exporter.domain.parity.answers import Heard, Reference, TokenSaid
from exporter.domain.parity.divergence import divergence, whole

TIE = 0.1
"""Nats: a runner-up this near may come first on another machine, by rounding alone."""


@dataclass(frozen=True)
class Followed:
    """Positions compared, of which `agreeing` had the same token; the KL where it was told.

    `ends` is whether the server ended where the trained model did, None if it never got there.
    """

    agreeing: int
    tokens: int
    divergences: tuple[float, ...]
    ends: bool | None


def follow(reference: Reference, heard: Heard, hidden: frozenset[str]) -> Followed:
    """Compare while both answers are the same; the first other token is the last one counted.

    Behind it the two read different texts. Not counted is a tie, a part of a character, and a
    place where the server was cut off. `hidden` are the texts of special tokens.
    """
    before, agreeing = "", 0
    divergences: list[float] = []
    for position, wanted in enumerate(reference.tokens):
        answer = _Position(heard, position, before)
        if not whole(wanted.text, hidden) or (answer.silent and not heard.ended):
            return Followed(agreeing, agreeing, tuple(divergences), None)
        if answer.token is not None:
            found = divergence(wanted, answer.token, hidden)
            divergences += [] if found is None else [found]
        if not answer.says(wanted.text):
            excused = answer.says_in_other_tokens(wanted.text) or _tie(wanted, answer, hidden)
            counted = agreeing + (not excused)
            return Followed(agreeing, counted, tuple(divergences), None)
        agreeing += 1
        before += wanted.text
    if not reference.ended:
        return Followed(agreeing, agreeing, tuple(divergences), None)
    ends = heard.ended and heard.text.rstrip() == before.rstrip()
    return Followed(agreeing + ends, agreeing + 1, tuple(divergences), ends)


@dataclass(frozen=True)
class _Position:
    """What a server said after the text `before`, at the token `index` if it tells tokens."""

    heard: Heard
    index: int
    before: str

    @property
    def token(self) -> TokenSaid | None:
        return self.heard.tokens[self.index] if self.index < len(self.heard.tokens) else None

    @property
    def silent(self) -> bool:
        if self.heard.tokens:
            return self.token is None
        return len(self.heard.text) <= len(self.before)

    def says(self, text: str) -> bool:
        if self.heard.tokens:
            return self.token is not None and self.token.text == text
        return self.heard.text.startswith(self.before + text)

    def says_in_other_tokens(self, text: str) -> bool:
        """Servers hold back what may begin a stop token, and then do not tell it as a token."""
        return self.heard.text.startswith(self.before + text)


def _tie(wanted: TokenSaid, answer: _Position, hidden: frozenset[str]) -> bool:
    best = max((logprob for _, logprob in wanted.top), default=0.0)
    near = [text for text, logprob in wanted.top if best - logprob <= TIE and text != wanted.text]
    if answer.silent:
        return any(text in hidden for text in near)
    return any(whole(text, hidden) and answer.says(text) for text in near)
