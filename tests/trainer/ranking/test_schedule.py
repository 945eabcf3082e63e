"""The learning-rate schedule: halved on a plateau, reset on drift."""

import pytest

from trainer.domain.scorer.learned_state import Schedule, initial_schedule, next_schedule
from trainer.domain.scorer.rules import LearningRules

RULES = LearningRules(patience=200, improvement=0.01, drift=1.5)
STEPS = 40


def validated(*losses: float, begin: Schedule | None = None) -> Schedule:
    """The schedule after a validation every 40 steps."""
    schedule = begin or initial_schedule(RULES)
    for loss in losses:
        schedule = next_schedule(schedule, loss, STEPS, RULES)
    return schedule


def test_the_initial_rate_is_the_full_rate():
    assert initial_schedule(RULES) == Schedule(rate=1e-3, best=None, since=0, decays=0, restarts=0)


def test_the_rate_stays_before_patience_is_over():
    found = validated(0.5, *[0.5] * 4)
    assert (found.rate, found.since, found.decays) == (1e-3, 160, 0)


def test_the_rate_is_halved_once_patience_is_over():
    found = validated(0.5, *[0.5] * 5)
    assert (found.rate, found.since, found.decays) == (5e-4, 0, 1)


def test_patience_restarts_after_each_halving():
    assert validated(0.5, *[0.5] * 9).rate == 5e-4
    assert validated(0.5, *[0.5] * 10).rate == 2.5e-4


def test_an_improvement_below_one_percent_does_not_count():
    found = validated(0.5, *[0.496] * 5)
    assert (found.best, found.decays) == (0.5, 1)


def test_a_new_best_resets_patience():
    found = validated(0.5, *[0.5] * 4, 0.49, *[0.49] * 4)
    assert (found.best, found.rate, found.since) == (0.49, 1e-3, 160)


def test_small_improvements_count_when_they_add_up_to_one_percent():
    found = validated(0.5, 0.498, 0.496, 0.494)
    assert (found.best, found.since) == (0.494, 0)


def test_the_rate_never_falls_below_its_floor():
    found = validated(0.5, *[0.5] * 200)
    assert found.rate == RULES.least_learning_rate
    assert found.decays == 7
    assert validated(*[0.5] * 50, begin=found).decays == 7


def test_drift_restores_the_full_rate():
    slow = validated(0.2, *[0.2] * 10)
    found = validated(0.31, begin=slow)
    assert slow.rate == 2.5e-4
    assert found == Schedule(rate=1e-3, best=0.31, since=0, decays=2, restarts=1)


@pytest.mark.parametrize("loss", [0.25, 0.3])
def test_a_loss_up_to_the_drift_is_no_restart(loss: float):
    slow = validated(0.2, *[0.2] * 5)
    found = validated(loss, begin=slow)
    assert (found.rate, found.best, found.restarts) == (5e-4, 0.2, 0)


def test_drift_at_the_full_rate_is_no_restart():
    found = validated(0.2, 0.9, 0.9)
    assert (found.rate, found.best, found.since, found.restarts) == (1e-3, 0.2, 80, 0)


def test_a_restart_resets_the_best_loss():
    drifted = validated(0.2, *[0.2] * 5, 0.6)
    found = validated(0.5, *[0.5] * 5, begin=drifted)
    assert (found.best, found.rate, found.decays, found.restarts) == (0.5, 5e-4, 2, 1)
