"""The position-based model is fitted to touches of the same kind at different positions."""

import numpy as np
import pytest

from trainer.domain.scorer.examination import Impression, examination, fitted_power

PLACES = 6


def looks_at(
    standing: np.ndarray, attractions: np.ndarray, power: float, rng: np.random.Generator
) -> list[Impression]:
    """One impression per widget of the plans (n, positions) with kinds `standing`."""
    chances = attractions[standing] * examination(standing.shape[1], power)
    touched = rng.random(standing.shape) < chances
    return [
        Impression(f"kind {kind}", position, bool(touch))
        for kinds, touches in zip(standing, touched, strict=True)
        for position, (kind, touch) in enumerate(zip(kinds, touches, strict=True))
    ]


def best_on_top(plans: int, swapped: float, rng: np.random.Generator) -> np.ndarray:
    """The same order (plans, positions), two positions exchanged at random in a share."""
    standing = np.tile(np.arange(PLACES), (plans, 1))
    for at in np.flatnonzero(rng.random(plans) < swapped):
        upper, lower = rng.choice(PLACES, 2, replace=False)
        standing[at, [upper, lower]] = standing[at, [lower, upper]]
    return standing


def test_examination_is_one_at_the_top_and_falls():
    assert examination(4, 0.5) == pytest.approx([1, 2**-0.5, 3**-0.5, 0.5])
    assert examination(3, 1.0) == pytest.approx([1, 1 / 2, 1 / 3])


def test_a_power_of_zero_examines_every_position():
    assert examination(3, 0.0).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("power", [0.2, 0.8, 1.4])
def test_the_power_is_recovered_from_random_positions(power: float):
    rng = np.random.default_rng(7)
    attractions = rng.uniform(0.2, 0.9, 20)
    standing = np.argsort(rng.random((1_500, 20)), axis=1)[:, :PLACES]
    found = fitted_power(looks_at(standing, attractions, power, rng))
    assert found == pytest.approx(power, abs=0.15)


@pytest.mark.parametrize("power", [0.2, 1.4])
def test_better_kinds_at_the_top_do_not_bias_the_power(power: float):
    """One plan in ten swaps two positions; by position alone the power looks steeper."""
    rng = np.random.default_rng(8)
    attractions = np.linspace(0.9, 0.1, PLACES)
    looks = looks_at(best_on_top(6_000, 0.1, rng), attractions, power, rng)
    assert fitted_power(looks) == pytest.approx(power, abs=0.15)
    assert fitted_power([look._replace(kind="any") for look in looks]) > power + 0.4


def test_without_swaps_the_prior_remains():
    rng = np.random.default_rng(9)
    looks = looks_at(best_on_top(2_000, 0.0, rng), np.linspace(0.9, 0.1, PLACES), 1.4, rng)
    assert fitted_power(looks) == 0.5


@pytest.mark.parametrize("touched", [True, False])
def test_few_impressions_hardly_move_the_prior(touched: bool):
    few = [
        Impression("kpi", 0, not touched),
        Impression("kpi", 5, touched),
        Impression("trend", 2, touched),
    ]
    assert fitted_power(few) == pytest.approx(0.5, abs=0.3)


def test_impressions_without_a_touch_leave_the_prior():
    assert fitted_power([Impression("kpi", place, False) for place in range(PLACES)]) == 0.5


def test_without_impressions_the_prior_remains():
    assert fitted_power([]) == 0.5
