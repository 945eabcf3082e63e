"""How attention falls is read off the touches of the same kind of widget at different places."""

import numpy as np
import pytest

from trainer.domain.scorer.examination import Impression, examination, fitted_power

PLACES = 6


def looks_at(
    standing: np.ndarray, attractions: np.ndarray, power: float, rng: np.random.Generator
) -> list[Impression]:
    """One look at each widget of the plans (n, places) whose kinds are `standing`, top first."""
    chances = attractions[standing] * examination(standing.shape[1], power)
    touched = rng.random(standing.shape) < chances
    return [
        Impression(f"kind {kind}", position, bool(touch))
        for kinds, touches in zip(standing, touched, strict=True)
        for position, (kind, touch) in enumerate(zip(kinds, touches, strict=True))
    ]


def best_on_top(plans: int, swapped: float, rng: np.random.Generator) -> np.ndarray:
    """The same order (plans, places) but for a share in which two places changed at random."""
    standing = np.tile(np.arange(PLACES), (plans, 1))
    for at in np.flatnonzero(rng.random(plans) < swapped):
        upper, lower = rng.choice(PLACES, 2, replace=False)
        standing[at, [upper, lower]] = standing[at, [lower, upper]]
    return standing


def test_attention_is_whole_on_top_and_falls_from_place_to_place():
    assert examination(4, 0.5) == pytest.approx([1, 2**-0.5, 3**-0.5, 0.5])
    assert examination(3, 1.0) == pytest.approx([1, 1 / 2, 1 / 3])


def test_attention_that_does_not_fall_is_whole_everywhere():
    assert examination(3, 0.0).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("power", [0.2, 0.8, 1.4])
def test_the_power_is_found_where_kinds_were_shown_at_random_places(power: float):
    rng = np.random.default_rng(7)
    attractions = rng.uniform(0.2, 0.9, 20)
    standing = np.argsort(rng.random((1_500, 20)), axis=1)[:, :PLACES]
    found = fitted_power(looks_at(standing, attractions, power, rng))
    assert found == pytest.approx(power, abs=0.15)


@pytest.mark.parametrize("power", [0.2, 1.4])
def test_better_kinds_that_stood_higher_do_not_pass_for_attention(power: float):
    """One plan in ten swapped two places; told apart by place alone, everything looks steeper."""
    rng = np.random.default_rng(8)
    attractions = np.linspace(0.9, 0.1, PLACES)
    looks = looks_at(best_on_top(6_000, 0.1, rng), attractions, power, rng)
    assert fitted_power(looks) == pytest.approx(power, abs=0.15)
    assert fitted_power([look._replace(kind="any") for look in looks]) > power + 0.4


def test_without_swaps_places_cannot_be_told_from_kinds_and_the_prior_stands():
    rng = np.random.default_rng(9)
    looks = looks_at(best_on_top(2_000, 0.0, rng), np.linspace(0.9, 0.1, PLACES), 1.4, rng)
    assert fitted_power(looks) == 0.5


@pytest.mark.parametrize("touched", [True, False])
def test_a_few_looks_hardly_move_the_prior(touched: bool):
    few = [
        Impression("kpi", 0, not touched),
        Impression("kpi", 5, touched),
        Impression("trend", 2, touched),
    ]
    assert fitted_power(few) == pytest.approx(0.5, abs=0.3)


def test_looks_without_a_touch_leave_the_prior():
    assert fitted_power([Impression("kpi", place, False) for place in range(PLACES)]) == 0.5


def test_without_looks_the_prior_speaks():
    assert fitted_power([]) == 0.5
