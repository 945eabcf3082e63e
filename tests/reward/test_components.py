"""The ten components, value by value as the reward contract states them."""

from typing import Any

import pytest
from pydantic import ValidationError

from reward.domain.answers.reaction import WidgetScore, WidgetTouch
from reward.domain.scoring import components
from reward.domain.scoring.weights import FollowUpValues, RewardBounds


@pytest.mark.parametrize(("rating", "value"), [("up", 1), ("down", -1), (None, 0)])
def test_explicit_rating(rating: Any, value: float):
    assert components.explicit_rating(rating) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("satisfied", 1),
        ("new_topic", 0.3),
        ("refinement", -0.1),
        ("correction", -0.8),
        ("repeat", -1),
        (None, 0),
    ],
)
def test_follow_up(kind: Any, value: float):
    assert components.follow_up_type(kind) == value


@pytest.mark.parametrize(
    ("touches", "widgets", "value"),
    [
        ([], 4, 0),
        ([(0, False)], 0, 0),
        ([(0, False)], 4, 0.25),
        ([(0, False), (0, False)], 4, 0.25),
        ([(0, False), (1, True)], 4, 0.7),
        ([(0, True), (1, True)], 2, 1),
        ([(9, True)], 2, 0),
    ],
)
def test_widget_engagement(touches: list[tuple[int, bool]], widgets: int, value: float):
    sent = [WidgetTouch(position, deliberate) for position, deliberate in touches]
    assert components.widget_engagement(sent, widgets) == pytest.approx(value)


@pytest.mark.parametrize(
    ("seconds", "value"),
    [(0, 0), (-1, 0), (0.3, 0.9), (1.5, 0.5), (3, 0), (6, 0), (8, -0.5), (10, -1), (60, -1)],
)
def test_response_latency(seconds: float, value: float):
    assert components.response_latency(seconds * 1000) == pytest.approx(value)


@pytest.mark.parametrize(
    ("confidence", "rating", "value"),
    [(0.8, "up", 0.8), (0.8, "down", -0.8), (0.8, None, 0.24), (0, "up", 0)],
)
def test_intent_confidence(confidence: float, rating: Any, value: float):
    assert components.intent_confidence(confidence, rating) == pytest.approx(value)


@pytest.mark.parametrize(
    ("confidence", "rating", "value"),
    [
        (0.9, "up", 0.2),
        (0.9, "down", -0.2),
        (0.4, "up", -0.3),
        (0.4, "down", 0.3),
        (0.7, "up", 0),
        (None, "up", 0),
        (0.9, None, 0),
    ],
)
def test_evaluation_confidence_boost(confidence: Any, rating: Any, value: float):
    assert components.evaluation_confidence_boost(confidence, rating) == pytest.approx(value)


def judged(*scores: float | None, sizes: tuple[bool | None, ...] = ()) -> list[WidgetScore]:
    return [
        WidgetScore(position, score, sizes[position] if sizes else None, None)
        for position, score in enumerate(scores)
    ]


@pytest.mark.parametrize(
    ("scores", "value"),
    [((), 0), ((1.0,), 1), ((0.0, 0.0), -1), ((None,), 0), ((1.0, 0.0), 0.17157287525)],
)
def test_per_widget_appropriateness_weighs_the_first_widget_most(
    scores: tuple[float | None, ...], value: float
):
    assert components.per_widget_appropriateness(judged(*scores)) == pytest.approx(value)


@pytest.mark.parametrize(("count", "value"), [(0, 0), (1, 1 / 3), (3, 1), (9, 1)])
def test_missing_widget_penalty(count: int, value: float):
    assert components.missing_widget_penalty(count) == pytest.approx(value)


@pytest.mark.parametrize(
    ("sizes", "value"), [((True, True), 1), ((True, False), 0), ((False, None), -1), ((None,), 0)]
)
def test_size_appropriateness(sizes: tuple[bool | None, ...], value: float):
    widgets = judged(*[0.5] * len(sizes), sizes=sizes)
    assert components.size_appropriateness(widgets) == pytest.approx(value)


def test_text_quality_is_relative_to_one_half():
    assert components.text_quality(0.9) == pytest.approx(0.4)
    assert components.text_quality(None) == 0


def test_every_bound_is_a_setting():
    bounds = RewardBounds(
        follow_up=FollowUpValues(repeat=-0.5),
        deliberate_bonus=0.5,
        fast_s=1,
        slow_s=2,
        slowest_s=4,
        unrated_confidence=0.5,
        sure_above=0.5,
        sure_slope=1,
        doubt_below=0.2,
        doubt_slope=1,
        most_missing=1,
    )
    assert components.follow_up_type("repeat", bounds) == -0.5
    assert components.widget_engagement([WidgetTouch(0, True)], 4, bounds) == 0.75
    assert components.response_latency(500, bounds) == 0.5
    assert components.response_latency(3000, bounds) == -0.5
    assert components.intent_confidence(0.8, None, bounds) == pytest.approx(0.4)
    assert components.evaluation_confidence_boost(0.75, "up", bounds) == pytest.approx(0.25)
    assert components.evaluation_confidence_boost(0.1, "up", bounds) == pytest.approx(-0.1)
    assert components.missing_widget_penalty(1, bounds) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": -3},
        {"high": 2.5},
        {"fast_s": 7},
        {"slowest_s": 6},
        {"doubt_below": 0.9},
        {"deliberate_bonus": 2},
    ],
)
def test_inconsistent_bounds_are_rejected_by_name(wrong: dict[str, float]):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        RewardBounds.model_validate(wrong)
