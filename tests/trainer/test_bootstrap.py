"""Confidence intervals of a mean difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import Interval
from trainer.domain.evaluation.bootstrap import paired_gain

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
