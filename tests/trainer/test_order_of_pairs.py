"""Pairs with the readings of one prompt stay together, so that a batch computes these once."""

import pytest

from ratchet.contract import PairBuilt

from .copied_examples import ORIGINS
from .test_other_questions import ALONE, copies, readings_of

pytestmark = pytest.mark.heavy


def test_neighbours_stay_together_in_an_order_that_the_seed_draws():
    from trainer.backends.language_model.methods.dpo import neighbours_in_random_order

    pairs = [
        one
        for origin in ORIGINS
        if isinstance(origin, PairBuilt)
        for one in (origin, *copies(origin, ALONE))
    ]
    ordered = neighbours_in_random_order(pairs, 1)
    heads = list(map(readings_of, ordered))
    groups = [head for at, head in enumerate(heads) if at == 0 or heads[at - 1] != head]
    assert len(groups) == len(set(groups))
    assert sorted(one.prompt for one in ordered) == sorted(one.prompt for one in pairs)
    assert ordered == neighbours_in_random_order(pairs, 1)
    assert any(neighbours_in_random_order(pairs, seed) != ordered for seed in range(2, 6))
