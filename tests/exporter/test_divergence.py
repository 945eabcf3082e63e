"""The divergence between two models that report only their likeliest tokens."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.domain.parity.answers import AnswerToken
from exporter.domain.parity.divergence import divergence

from .tokens import token

SHARES = st.lists(st.floats(0.001, 1.0), min_size=2, max_size=8)


def distribution(shares: list[float], names: str = "abcdefgh") -> AnswerToken:
    """A tenth of the probability is left for tokens that are not reported."""
    total = sum(shares) / 0.9
    pairs = zip(names, sorted(shares, reverse=True), strict=False)
    top = tuple((name, math.log(share / total)) for name, share in pairs)
    return AnswerToken(text=top[0][0], logprob=top[0][1], top=top)


@given(SHARES, SHARES)
def test_kl_is_zero_for_equal_distributions_and_never_negative(
    one: list[float], other: list[float]
) -> None:
    nothing = frozenset[str]()
    kl = divergence(distribution(one), distribution(other), nothing)

    assert kl is not None
    assert kl >= 0
    assert divergence(distribution(one), distribution(one), nothing) == pytest.approx(0, abs=1e-9)


def test_kl_is_exact_if_the_whole_distribution_is_reported() -> None:
    one, other = token("a", 0.7, b=0.2, c=0.1), token("a", 0.5, b=0.3, c=0.2)
    exact = 0.7 * math.log(0.7 / 0.5) + 0.2 * math.log(0.2 / 0.3) + 0.1 * math.log(0.1 / 0.2)

    assert divergence(one, other, frozenset()) == pytest.approx(exact)


def test_a_server_that_predicts_other_tokens_has_a_large_kl() -> None:
    far = divergence(token("a", 0.9, b=0.09), token("x", 0.9, y=0.09), frozenset())

    assert far is not None
    assert far > 3


def test_a_server_that_reports_only_its_own_token_is_compared_by_that() -> None:
    alone = AnswerToken(text="a", logprob=math.log(0.9))

    assert divergence(token("a", 0.9, b=0.08), alone, frozenset()) == pytest.approx(0)
    assert divergence(token("a", 0.9), AnswerToken(text="a"), frozenset()) is None


def test_special_tokens_count_among_the_others_in_any_spelling() -> None:
    hidden = frozenset({"", "<|im_end|>"})
    trained = AnswerToken(text="a", top=(("a", math.log(0.6)), ("<|im_end|>", math.log(0.4))))
    server = AnswerToken(text="a", top=(("a", math.log(0.6)), ("", math.log(0.4))))

    assert divergence(trained, server, hidden) == pytest.approx(0)
