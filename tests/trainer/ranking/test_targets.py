"""Targets and values of widgets: by the judge, by touches, by the plan as a whole."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import ServedPlan, ServedWidget
from trainer.domain.scorer.examination import examination
from trainer.domain.scorer.targets import missing_target, plan_target, widget_targets, widget_values

from .conftest import SCENARIOS, plan, query

POWER = 0.5
JUDGEMENTS = st.builds(
    ServedWidget,
    scenario=st.sampled_from([*SCENARIOS, "unheard-of"]),
    relevance=st.none() | st.floats(0, 1),
    score=st.none() | st.floats(0, 1),
    size_fits=st.none() | st.booleans(),
    touched=st.booleans(),
)
PLANS = st.builds(
    ServedPlan,
    query=st.just(query()),
    widgets=st.lists(JUDGEMENTS, min_size=1, max_size=30).map(tuple),
    missing=st.lists(st.sampled_from(SCENARIOS), max_size=3).map(tuple),
    reward=st.none() | st.floats(-10, 10),
    engaged=st.booleans(),
)


def judged(*scores: float | None, **changes: bool) -> tuple[ServedWidget, ...]:
    return tuple(
        ServedWidget(scenario=name, score=score, **changes)
        for name, score in zip(SCENARIOS, scores, strict=False)
    )


def touched(*touches: bool) -> tuple[ServedWidget, ...]:
    return tuple(
        ServedWidget(scenario=name, touched=touch)
        for name, touch in zip(SCENARIOS, touches, strict=False)
    )


def targets(widgets: tuple[ServedWidget, ...], reward: float | None = None) -> list[float]:
    found = widget_targets(plan(widgets=widgets, reward=reward))
    assert found is not None
    return [round(target, 6) for target in found.tolist()]


def values(widgets: tuple[ServedWidget, ...], reward: float | None = None) -> list[float]:
    found = widget_values(plan(widgets=widgets, reward=reward), POWER)
    assert found is not None
    return [round(value, 6) for value in found.tolist()]


def test_a_judged_target_combines_the_distances_from_mean_and_middle():
    """4 * (0.6 * (0.9 - 0.6) + 0.4 * (0.9 - 0.5)) = 1.36, and -1.04 for the other, halved."""
    assert targets(judged(0.9, 0.3)) == [0.68, -0.52]


def test_a_wrong_size_costs_half_a_point_before_halving():
    assert targets(judged(0.9, 0.3, size_fits=False)) == [0.43, -0.77]
    assert targets(judged(0.9, 0.3, size_fits=True)) == [0.68, -0.52]


def test_a_size_that_was_judged_without_a_score_counts_as_the_middle():
    assert targets(judged(None, size_fits=True)) == [0.0]
    assert targets(judged(None, size_fits=False)) == [-0.25]


def test_the_plans_reward_weighs_three_tenths():
    """0.7 * 1.36 + 0.3 * 0.4 = 1.072 and 0.7 * -1.04 + 0.3 * 0.4 = -0.608, halved."""
    assert targets(judged(0.9, 0.3), reward=0.4) == [0.536, -0.304]


@pytest.mark.parametrize(("reward", "wanted"), [(2.0, [0.321, 0.0]), (-2.0, [0.0, -0.349])])
def test_the_plans_reward_never_changes_the_sign_of_a_judgment(reward: float, wanted: list[float]):
    """The judgments alone are 0.06 and -0.14."""
    assert targets(judged(0.5, 0.45), reward=reward) == wanted


def test_targets_are_clipped_to_two_and_halved():
    """4 * (0.6 * 0.75 + 0.4 * 0.5) = 2.6 is too much; -1.4 is not."""
    assert targets(judged(1.0, 0.0, 0.0, 0.0)) == [1.0, -0.7, -0.7, -0.7]


def test_unjudged_widgets_have_half_the_reward_of_their_plan():
    assert targets(touched(False, False), reward=0.4) == [0.2, 0.2]
    assert targets(touched(False, False), reward=-5.0) == [-1.0, -1.0]


def test_a_widget_the_judge_omitted_has_the_plans_reward_and_does_not_affect_the_mean():
    assert targets(judged(0.9, 0.3, None), reward=0.4) == [0.536, -0.304, 0.2]
    assert targets(judged(0.9, 0.3, None)) == [0.68, -0.52, 0.0]
    assert values(judged(0.9, 0.3, None), reward=0.4) == [0.8, -0.4, 0.4]


def test_touches_raise_the_touched_and_lower_the_others():
    """4 * 0.6 * 0.25 times the difference from the plan's mean touch, halved."""
    assert targets(touched(True, False, False)) == [0.2, -0.1, -0.1]
    assert targets(touched(False, True, False), reward=0.4) == [0.1, 0.4, 0.1]


def test_touches_of_a_judged_plan_do_not_count():
    seen = tuple(widget.model_copy(update={"touched": True}) for widget in judged(0.9, 0.3))
    assert targets(seen) == targets(judged(0.9, 0.3))


def test_a_plan_without_feedback_has_no_targets():
    silent = plan(widgets=touched(False, False), reward=None)
    assert widget_targets(silent) is None
    assert widget_values(silent, POWER) is None
    assert plan_target(silent) is None


def test_a_missed_scenario_has_the_target_of_the_best_score():
    """4 * (0.6 * (1 - 0.6) + 0.4 * (1 - 0.5)) = 1.76; 4 * (0.6 * 0.5 + 0.4 * 0.5) = 2 unjudged."""
    assert missing_target(plan(reward=None)) == pytest.approx(0.88)
    assert missing_target(plan(reward=0.4)) == pytest.approx((0.7 * 1.76 + 0.3 * 0.4) / 2)
    unjudged = touched(False, False)
    assert missing_target(plan(widgets=unjudged, reward=None)) == pytest.approx(1.0)
    assert missing_target(plan(widgets=unjudged, reward=0.4)) == pytest.approx(0.76)


@pytest.mark.parametrize(("reward", "wanted"), [(0.4, 0.2), (3.0, 1.0), (-5.0, -1.0), (0.0, 0.0)])
def test_a_plans_target_is_its_reward_halved_and_clipped(reward: float, wanted: float):
    assert plan_target(plan(reward=reward)) == wanted


def test_the_value_of_a_judged_widget_is_twice_its_distance_from_the_middle():
    assert values(judged(0.9, 0.3), reward=0.4) == [0.8, -0.4]
    assert values(judged(0.9, 0.3, size_fits=False)) == [0.55, -0.65]


def test_a_touch_counts_more_at_a_lower_position():
    """A touch at the second position counts 2 ** 0.5; a quarter of its difference from the mean."""
    assert values(touched(True, False), reward=0.4) == [0.525, 0.275]
    assert values(touched(False, True), reward=0.4) == [0.223223, 0.576777]


@pytest.mark.parametrize("power", [0.0, 0.5, 1.4])
def test_the_expected_value_of_a_widget_does_not_depend_on_its_position(power: float):
    """Every outcome of the position-based model, weighted by its probability."""
    attractions = np.array([0.8, 0.3, 0.55])
    looks = examination(3, power)
    for turn in range(3):
        standing = np.roll(np.arange(3), turn)
        chances = attractions[standing] * looks
        expected = np.zeros(3)
        for touches in product((False, True), repeat=3):
            chance = np.where(touches, chances, 1 - chances).prod()
            found = widget_values(plan(widgets=touched(*touches), reward=0.4), power)
            expected[standing] += chance * found
        assert expected == pytest.approx(0.4 + 0.25 * (attractions - attractions.mean()))


@given(PLANS)
def test_targets_are_within_minus_one_and_one_for_each_widget(served: ServedPlan):
    found = widget_targets(served)
    if found is not None:
        assert found.shape == (len(served.widgets),)
        assert (np.abs(found) <= 1).all()
    assert -1 <= missing_target(served) <= 1
    worth = plan_target(served)
    assert worth is None or -1 <= worth <= 1
