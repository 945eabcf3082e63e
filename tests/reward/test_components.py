"""The ten components, value by value as the product's contract states them."""

from typing import Any

import pytest

from ratchet.events.experience import WidgetInteraction, WidgetJudgement
from reward.domain import components


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
        ([(0, "view")], 0, 0),
        ([(0, "view")], 4, 0.25),
        ([(0, "view"), (0, "view")], 4, 0.25),
        ([(0, "view"), (1, "expand")], 4, 0.7),
        ([(0, "click"), (1, "click")], 2, 1),
        ([(9, "click")], 2, 0),
    ],
)
def test_widget_engagement(touches: list[tuple[int, str]], widgets: int, value: float):
    sent = [WidgetInteraction(widget_index=index, action=action) for index, action in touches]
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


def judged(*scores: float | None, sizes: tuple[bool | None, ...] = ()) -> list[WidgetJudgement]:
    return [
        WidgetJudgement(
            widget_index=index + 1,
            appropriateness_score=score,
            size_appropriate=sizes[index] if sizes else None,
        )
        for index, score in enumerate(scores)
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
    assert components.missing_widget_penalty(["kpi"] * count) == pytest.approx(value)


@pytest.mark.parametrize(
    ("sizes", "value"), [((True, True), 1), ((True, False), 0), ((False, None), -1), ((None,), 0)]
)
def test_size_appropriateness(sizes: tuple[bool | None, ...], value: float):
    widgets = judged(*[0.5] * len(sizes), sizes=sizes)
    assert components.size_appropriateness(widgets) == pytest.approx(value)


def test_text_quality_is_measured_from_the_middle():
    assert components.text_quality(0.9) == pytest.approx(0.4)
    assert components.text_quality(None) == 0
