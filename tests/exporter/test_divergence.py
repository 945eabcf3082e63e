"""How far two models are apart where each tells its likeliest tokens only."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.domain.parity.answers import TokenSaid
from exporter.domain.parity.divergence import divergence

from .telling import said

SHARES = st.lists(st.floats(0.001, 1.0), min_size=2, max_size=8)


def token(shares: list[float], names: str = "abcdefgh") -> TokenSaid:
    """Some mass (a tenth) stays with tokens that are not told."""
    total = sum(shares) / 0.9
    pairs = zip(names, sorted(shares, reverse=True), strict=False)
    top = tuple((name, math.log(share / total)) for name, share in pairs)
    return TokenSaid(text=top[0][0], logprob=top[0][1], top=top)


@given(SHARES, SHARES)
def test_kl_is_zero_for_the_same_and_never_negative(one: list[float], other: list[float]) -> None:
    nothing = frozenset[str]()
    kl = divergence(token(one), token(other), nothing)

    assert kl is not None
    assert kl >= 0
    assert divergence(token(one), token(one), nothing) == pytest.approx(0, abs=1e-9)


def test_kl_is_that_of_the_whole_distribution_where_all_of_it_is_told() -> None:
    one, other = said("a", 0.7, b=0.2, c=0.1), said("a", 0.5, b=0.3, c=0.2)
    exact = 0.7 * math.log(0.7 / 0.5) + 0.2 * math.log(0.2 / 0.3) + 0.1 * math.log(0.1 / 0.2)

    assert divergence(one, other, frozenset()) == pytest.approx(exact)


def test_a_server_that_expects_quite_other_tokens_is_far_away() -> None:
    far = divergence(said("a", 0.9, b=0.09), said("x", 0.9, y=0.09), frozenset())

    assert far is not None
    assert far > 3


def test_a_server_that_tells_its_own_token_alone_is_compared_by_it() -> None:
    alone = TokenSaid(text="a", logprob=math.log(0.9))

    assert divergence(said("a", 0.9, b=0.08), alone, frozenset()) == pytest.approx(0)
    assert divergence(said("a", 0.9), TokenSaid(text="a"), frozenset()) is None


def test_special_tokens_count_among_the_others_however_they_are_spelt() -> None:
    hidden = frozenset({"", "<|im_end|>"})
    trained = TokenSaid(text="a", top=(("a", math.log(0.6)), ("<|im_end|>", math.log(0.4))))
    server = TokenSaid(text="a", top=(("a", math.log(0.6)), ("", math.log(0.4))))

    assert divergence(trained, server, hidden) == pytest.approx(0)
