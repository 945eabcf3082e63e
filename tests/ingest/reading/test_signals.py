"""The signals of a question and their thresholds."""

from typing import Any

import pytest

from ingest.domain.command_center.details import (
    Baseline,
    diversity_signal,
    latency_score,
    latency_signal,
    query_clarity,
    widget_signal,
)
from ledger.reading import ExperienceView


def view(**fields: Any) -> ExperienceView:
    nothing = dict.fromkeys(ExperienceView.__dataclass_fields__)
    return ExperienceView(**{**nothing, "query_id": "q", "feedback_source": "both", **fields})


@pytest.mark.parametrize(
    ("milliseconds", "signal"),
    [(0, "normal"), (1, "fast"), (699, "fast"), (700, "normal"), (1500, "normal"), (1501, "slow")],
)
def test_fast_is_below_0_7_of_the_mean_and_slow_above_1_5(milliseconds: int, signal: str):
    assert latency_signal(milliseconds, 1000.0) == signal


def test_without_a_mean_nothing_is_slow():
    assert latency_signal(0, 0.0) == "normal"


@pytest.mark.parametrize(
    ("alike", "signal"),
    [(1, "rare"), (3, "rare"), (4, "uncommon"), (10, "uncommon"), (11, "common")],
)
def test_up_to_three_similar_questions_are_rare_and_up_to_ten_uncommon(alike: int, signal: str):
    baseline = Baseline(1000.0, 3.0, 100, {"energy": alike, "trend": 100 - 2 * alike})
    assert diversity_signal("energy", baseline) == signal
    assert diversity_signal("", baseline) == signal


@pytest.mark.parametrize(
    ("widgets", "mean", "signal"),
    [
        (0, 0.0, "sparse"),
        (1, 0.0, "normal"),
        (2, 0.0, "rich"),
        (2, 5.0, "sparse"),
        (3, 5.0, "normal"),
        (6, 5.0, "normal"),
        (7, 5.0, "rich"),
    ],
)
def test_a_plan_is_sparse_or_rich_compared_with_the_mean(widgets: int, mean: float, signal: str):
    assert widget_signal(widgets, mean) == signal


@pytest.mark.parametrize(
    ("fields", "clarity"),
    [
        ({}, "clear"),
        ({"confidence": 0.4}, "clear"),
        ({"query_understanding": "not ambiguous"}, "clear"),
        ({"query_understanding": "Ambiguous: which pump?"}, "clear"),
        ({"follow_up": "repeat"}, "clear"),
        ({"read_follow_up": "correction"}, "clear"),
        ({"correction": "wrong widgets", "confidence": 0.4}, "system_mismatch"),
        ({"correction": "the display is uncertain"}, "system_mismatch"),
        ({"correction": "I meant pump 2 specifically"}, "ambiguous_query"),
        ({"correction": "Not all pumps, just the second"}, "ambiguous_query"),
        ({"correction": "Ich meinte Pumpe 3."}, "ambiguous_query"),
    ],
)
def test_only_a_correction_states_that_a_question_was_ambiguous(
    fields: dict[str, Any], clarity: str
):
    assert query_clarity(view(**fields)) == clarity


@pytest.mark.parametrize(
    ("milliseconds", "score"),
    [(None, None), (0, None), (1, 1), (8000, 1), (12_000, 0.75), (16_000, 0.5), (32_000, 0)],
)
def test_the_latency_of_a_judged_answer_is_scored_by_the_evaluators_budget(
    milliseconds: int | None, score: float | None
):
    assert latency_score(view(evaluation_confidence=0.9, processing_time_ms=milliseconds)) == score
    assert latency_score(view(processing_time_ms=milliseconds)) is None
