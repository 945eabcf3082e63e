"""Off-policy estimates, compared with known true values."""

import numpy as np
import pytest

from ratchet.contract import Interval
from trainer.domain.scorer.off_policy import estimate, gains, interval_of, resamples

from .synthetic_decisions import (
    ATTENTION,
    GREEDY,
    LOGGING,
    WANTED,
    WORTHS,
    SyntheticDecisions,
    exposures,
    true_value,
)

COUNT = 3_000
TARGET = exposures(WANTED, GREEDY)
OWN = exposures(WORTHS, LOGGING)
TRUTH = true_value(TARGET)
DRAWS = resamples(COUNT, seed=3)


@pytest.fixture(scope="module")
def decisions() -> SyntheticDecisions:
    return SyntheticDecisions(COUNT, seed=2)


def width(interval: Interval) -> float:
    return interval.high - interval.low


def near(interval: Interval, truth: float) -> bool:
    """Whether the truth is within three standard errors of the interval."""
    return abs(interval.mean - truth) < 3 * width(interval) / 3.92


def test_the_other_policy_differs_from_the_one_that_was_logged():
    assert true_value(OWN) + 0.1 < TRUTH


def test_every_estimate_of_another_policy_is_near_its_true_value(decisions: SyntheticDecisions):
    found = estimate("candidate", decisions.evaluation(TARGET, decisions.learned()), DRAWS)
    for interval in (found.ips, found.snips, found.dr):
        assert near(interval, TRUTH)
        assert width(interval) < 0.3


def test_a_correct_reward_model_narrows_the_interval(decisions: SyntheticDecisions):
    found = estimate("candidate", decisions.evaluation(TARGET, decisions.truth), DRAWS)
    assert near(found.dr, TRUTH)
    assert width(found.dr) < width(found.ips) / 1.5


def test_the_weights_correct_a_wrong_reward_model(decisions: SyntheticDecisions):
    garbage = np.random.default_rng(99).normal(1, 1, decisions.truth.shape)
    alone = (TARGET[decisions.contexts] * garbage).sum(axis=1).mean() / ATTENTION.sum()
    found = estimate("candidate", decisions.evaluation(TARGET, garbage), DRAWS)
    assert abs(alone - TRUTH) > 0.5
    assert near(found.dr, TRUTH)


def test_the_reward_model_separates_widgets_of_plans_rated_as_a_whole():
    """IPS credits each widget with the value of its neighbors."""
    rated = SyntheticDecisions(COUNT, seed=5, judged=False)
    right = estimate("candidate", rated.evaluation(TARGET, rated.truth), DRAWS)
    learned = estimate("candidate", rated.evaluation(TARGET, rated.learned()), DRAWS)
    assert near(right.dr, TRUTH)
    assert not near(right.ips, TRUTH)
    assert abs(learned.dr.mean - TRUTH) < abs(learned.ips.mean - TRUTH)


def test_the_value_of_the_logging_policy_is_the_mean_of_the_logged_values(
    decisions: SyntheticDecisions,
):
    found = estimate("in_service", decisions.evaluation(OWN, decisions.learned()), DRAWS)
    plain = np.mean([ATTENTION @ value / ATTENTION.sum() for value in decisions.values])
    assert found.ips.mean == pytest.approx(plain)
    assert found.snips.mean == pytest.approx(plain)
    assert found.effective == pytest.approx(COUNT)
    assert found.supported == 1.0
    assert near(found.ips, true_value(OWN))


def test_another_policy_has_a_smaller_effective_sample(decisions: SyntheticDecisions):
    found = estimate("candidate", decisions.evaluation(TARGET, decisions.truth), DRAWS)
    assert found.effective < COUNT / 2
    assert found.supported == 1.0


def test_ninety_five_percent_intervals_cover_the_truth_about_as_often():
    draws = resamples(150, seed=4)
    covered = {"ips": 0, "snips": 0, "dr": 0}
    for seed in range(100):
        small = SyntheticDecisions(150, seed=1_000 + seed)
        found = estimate("candidate", small.evaluation(TARGET, small.learned()), draws)
        for name in covered:
            interval: Interval = getattr(found, name)
            covered[name] += interval.low <= TRUTH <= interval.high
    assert min(covered.values()) >= 85, covered


def test_orders_out_of_reach_of_exploration_are_not_supported():
    """At this temperature odds of exp(-1000) are 0; the target shows the last at the top."""
    frozen = LOGGING.model_copy(update={"temperature": 0.01})
    actual = exposures(np.tile([10.0, 10.0, 10.0, 9.9, 9.8, 0.0], (len(WORTHS), 1)), frozen)
    target = exposures(np.tile([2.0, 3.0, 1.0, 0.0, 0.0, 10.0], (len(WORTHS), 1)), GREEDY)
    small = SyntheticDecisions(100, seed=6)
    small.actual = list(actual[small.contexts])
    found = estimate("candidate", small.evaluation(target, small.truth), resamples(100, seed=1))
    assert found.supported == pytest.approx(1 - 1 / ATTENTION.sum())


def test_equal_values_give_snips_without_variance():
    """SNIPS divides the weights by their sum."""
    small = SyntheticDecisions(100, seed=6)
    small.values = [np.full(len(ATTENTION), 0.4) for _ in small.values]
    found = estimate("candidate", small.evaluation(TARGET, small.truth), resamples(100, seed=1))
    assert (found.snips.mean, found.snips.low, found.snips.high) == pytest.approx((0.4,) * 3)
    assert width(found.ips) > 0.1


def test_weights_are_clipped(decisions: SyntheticDecisions):
    clipped = decisions.evaluation(TARGET, decisions.truth, most_weight=1.0)
    assert clipped.weight.max() <= 1 + 1e-9
    assert decisions.evaluation(TARGET, decisions.truth).weight.max() > 2


def test_clipping_biases_doubly_robust_only_by_the_model_error(
    decisions: SyntheticDecisions,
):
    found = estimate(
        "candidate", decisions.evaluation(TARGET, decisions.truth, most_weight=1.0), DRAWS
    )
    assert near(found.dr, TRUTH)
    assert not near(found.ips, TRUTH)


def test_gains_compare_the_candidate_with_each_other_policy(decisions: SyntheticDecisions):
    learned = decisions.learned()
    of = {
        "candidate": decisions.evaluation(TARGET, learned),
        "in_service": decisions.evaluation(OWN, learned),
    }
    found = gains(of, DRAWS)
    assert list(found) == ["in_service"]
    assert near(found["in_service"], TRUTH - true_value(OWN))
    assert found["in_service"].low > 0


def test_gains_are_paired_so_that_equal_policies_gain_exactly_nothing(
    decisions: SyntheticDecisions,
):
    of = decisions.evaluation(TARGET, decisions.learned())
    found = gains({"candidate": of, "in_service": of, "caller": of}, DRAWS)
    nothing = Interval(mean=0.0, low=0.0, high=0.0, n=COUNT)
    assert found == {"in_service": nothing, "caller": nothing}


def test_an_interval_contains_its_mean_and_is_reproducible():
    cases = np.arange(50.0)
    found = interval_of(cases, resamples(50, seed=1))
    assert found.mean == pytest.approx(24.5)
    assert found.low < 24.5 < found.high
    assert found.n == 50
    assert found == interval_of(cases, resamples(50, seed=1))


def test_each_resample_draws_as_many_decisions_as_there_are():
    assert resamples(7, seed=1).sum(axis=1) == pytest.approx(np.ones(1_000))
