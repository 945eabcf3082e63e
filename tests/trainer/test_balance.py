"""The weights of labels balance both signs, whatever their numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.domain.examples.balance import balanced_weights


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.floats(1, 4 / 3))
def test_the_signs_have_the_requested_ratio_of_total_weight(
    desirable: int, undesirable: int, ratio: float
):
    good, bad = balanced_weights(desirable, undesirable, ratio)
    assert good * desirable == pytest.approx(ratio * bad * undesirable)
    assert max(good, bad) == 1


@pytest.mark.parametrize("counts", [(0, 5), (5, 0)])
def test_weights_require_both_signs(counts: tuple[int, int]):
    with pytest.raises(ValueError, match="both signs are required"):
        balanced_weights(*counts, 1.0)
