"""The signals of a question and their thresholds."""

from typing import Any

import pytest

from ingest.domain.command_center.details import (
    Baseline,
    diversity_signal,
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
    baseline = Baseline(1000.0, 100, {"energy": alike, "trend": 100 - 2 * alike})
    assert diversity_signal("energy", baseline) == signal
    assert diversity_signal("", baseline) == signal


@pytest.mark.parametrize(
    ("widgets", "signal"), [(0, "sparse"), (2, "sparse"), (3, "normal"), (5, "normal"), (6, "rich")]
)
def test_a_plan_with_two_widgets_is_sparse_and_one_with_six_is_rich(widgets: int, signal: str):
    assert widget_signal(widgets) == signal


@pytest.mark.parametrize(
    ("fields", "clarity"),
    [
        ({}, "clear"),
        ({"confidence": 0.0}, "clear"),
        ({"confidence": 0.9, "follow_up": "refinement"}, "clear"),
        ({"confidence": 0.4}, "ambiguous_query"),
        ({"query_understanding": "Ambiguous: which pump?"}, "ambiguous_query"),
        ({"correction": "pump 2", "confidence": 0.4}, "system_mismatch"),
        ({"follow_up": "repeat"}, "system_mismatch"),
        ({"read_follow_up": "correction"}, "system_mismatch"),
        ({"follow_up": "satisfied", "read_follow_up": "repeat"}, "clear"),
    ],
)
def test_a_corrected_question_was_misunderstood_and_a_guess_is_ambiguous(
    fields: dict[str, Any], clarity: str
):
    assert query_clarity(view(**fields)) == clarity
