"""Confidence intervals of a mean difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import Interval
from trainer.domain.evaluation.bootstrap import paired_gain, share_gain

gains = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=40)


@given(gains, st.integers(0, 3))
def test_the_interval_contains_its_mean_and_is_reproducible(
    pairs: list[tuple[float, float]], seed: int
):
    before, after = zip(*pairs, strict=True)
    gain = paired_gain(before, after, seed)
    assert gain.low - 1e-9 <= gain.mean <= gain.high + 1e-9
    assert gain == paired_gain(before, after, seed)
    assert gain.n == len(pairs)
    careful = paired_gain(before, after, seed, looks=20)
    assert careful.low <= gain.low <= gain.high <= careful.high


def test_equal_gains_have_an_interval_of_zero_width():
    gain = paired_gain([0.1] * 9, [0.4] * 9, 1)
    assert gain == Interval(mean=gain.mean, low=gain.mean, high=gain.mean, n=9)
    assert gain.mean == pytest.approx(0.3)


@pytest.mark.parametrize("after", [[], [0.1, 0.2]])
def test_unpaired_cases_are_rejected(after: list[float]):
    with pytest.raises(ValueError, match="must be pairs"):
        paired_gain([0.1][: len(after)], after, 1)


shares = st.dictionaries(st.sampled_from("abcdefghijklmnop"), st.sampled_from([0.0, 1.0]))


@given(shares, shares, st.integers(0, 3))
def test_a_difference_of_shares_is_over_the_answers_of_each_model(
    before: dict[str, float], after: dict[str, float], seed: int
):
    gain = share_gain(before, after, seed)
    if not before or not after:
        assert gain is None
        return
    assert gain is not None
    assert gain.mean == pytest.approx(
        sum(after.values()) / len(after) - sum(before.values()) / len(before)
    )
    assert -1 <= gain.low <= gain.high <= 1
    assert gain.n == min(len(before), len(after))
    shuffled = share_gain(dict(reversed(before.items())), dict(reversed(after.items())), seed)
    assert shuffled == gain


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=30))
def test_shares_of_the_same_answers_have_the_interval_of_their_mean_gain(
    pairs: list[tuple[int, int]],
):
    before, after = ([float(pair[side]) for pair in pairs] for side in (0, 1))
    named = [{f"{n:02d}": x for n, x in enumerate(values)} for values in (before, after)]
    gain, wanted = share_gain(*named, 1), paired_gain(before, after, 1)
    assert gain is not None
    assert (gain.low, gain.high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)
