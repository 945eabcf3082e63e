"""The generated history has the counts and irregularities of a real one."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from ratchet.contract import Experience, is_plan
from ratchet.measures import SCENARIOS, SIZES, text_quality
from ratchet_testing.legacy.population import population

Row = dict[str, Any]
SAID = ("user_rating", "follow_up_type", "widget_interactions", "correction_text",
        "evaluation_confidence", "per_widget_feedback", "missing_widgets")  # fmt: skip


@pytest.fixture(scope="module", params=[1, 7, 42])
def rows(request: pytest.FixtureRequest) -> list[Row]:
    return rows_of(population(request.param))


def rows_of(document: dict[str, Any]) -> list[Row]:
    return list(document["experiences"])


def loaded(row: Row) -> Experience:
    zoned = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
    return Experience.model_validate({**row, "timestamp": zoned})


def has_feedback(row: Row) -> bool:
    return any(row.get(field) not in (None, []) for field in SAID)


def test_rows_without_a_plan_or_feedback_and_judged_rows_are_counted_exactly(
    rows: list[Row],
) -> None:
    assert len(rows) == 844
    assert sum(not is_plan(row.get("widget_plan")) for row in rows) == 73
    assert sum(not has_feedback(row) for row in rows) == 114
    assert sum(row["evaluation_confidence"] is not None for row in rows) == 167
    assert sum(bool(row["per_widget_feedback"]) for row in rows) == 120


def test_the_same_seed_gives_the_same_document_and_another_seed_another() -> None:
    assert population(3) == population(3)
    assert population(3) != population(4)


def test_times_are_naive_and_half_an_hour_apart_over_some_weeks() -> None:
    document = population(1)
    stamps = [datetime.fromisoformat(row["timestamp"]) for row in rows_of(document)]
    assert all(stamp.tzinfo is None for stamp in stamps)
    gaps = {after - before for before, after in pairwise(stamps)}
    assert timedelta(minutes=20) < min(gaps) <= max(gaps) < timedelta(minutes=40)
    assert timedelta(weeks=2) < stamps[-1] - stamps[0] < timedelta(weeks=4)
    assert stamps[-1] < datetime.fromisoformat(str(document["saved_at"]))


def test_every_row_loads_with_a_time_zone(rows: list[Row]) -> None:
    experiences = [loaded(row) for row in rows]
    assert len({experience.query_id for experience in experiences}) == 844
    for row, experience in zip(rows, experiences, strict=True):
        planned = is_plan(row.get("widget_plan"))
        assert (2 <= len(experience.widget_plan.widgets) <= 5) is planned
        assert "readings" not in experience.available_data_summary
        assert experience.parsed_intent.devices


def test_a_plan_is_missing_in_each_of_the_known_ways(rows: list[Row]) -> None:
    ways = Counter(
        "no key" if "widget_plan" not in row else repr(row["widget_plan"])[:4]
        for row in rows
        if not is_plan(row.get("widget_plan"))
    )
    assert ways.keys() == {"no key", "None", "{}", "{'he"}


def test_older_rows_lack_keys_and_some_have_unknown_values(rows: list[Row]) -> None:
    assert len({frozenset(row) for row in rows[:150]}) > 10
    widgets = [
        widget
        for row in rows
        if is_plan(row.get("widget_plan"))
        for widget in row["widget_plan"]["widgets"]
    ]
    assert 0 < sum(widget["scenario"] not in SCENARIOS for widget in widgets) < 60
    assert 0 < sum(widget["size"] not in SIZES for widget in widgets) < 60
    assert all("dashboard_build" in row for row in rows)


def test_the_judge_counts_widgets_from_one_and_criticizes_two_plans_in_three(
    rows: list[Row],
) -> None:
    judged = [row for row in rows if row["per_widget_feedback"]]
    faulty = 0
    for row in judged:
        views = row["per_widget_feedback"]
        placed = row["widget_plan"]["widgets"]
        assert [view["widget_index"] for view in views] == list(range(1, len(placed) + 1))
        faulty += any(view["appropriateness_score"] < 0.5 for view in views)
    assert 0.5 < faulty / len(judged) < 0.85
    assert any(row["missing_widgets"] for row in judged)
    assert any(
        not view["size_appropriate"] for row in judged for view in row["per_widget_feedback"]
    )


def test_some_questions_repeat_with_another_answer(rows: list[Row]) -> None:
    answers = defaultdict(list)
    for row in rows:
        answers[row["transcript"]].append(row.get("voice_response"))
    times = Counter(len(given) for given in answers.values())
    assert times[1] > times[2] > times[3] > times[4] > 0
    assert max(times) < 9
    again = [given for given in answers.values() if len(given) > 1]
    assert sum(len(set(given)) > 1 for given in again) > 0.9 * len(again)


def test_four_rows_in_five_are_spoken_and_ratings_follow_the_answer(rows: list[Row]) -> None:
    spoken = [row for row in rows if row.get("voice_response")]
    assert 0.75 < len(spoken) / len(rows) < 0.85
    stated = Counter(
        row["user_rating"]
        for row in spoken
        if text_quality(row["voice_response"], row["transcript"]).total > 0.7
    )
    assert stated["up"] > 3 * stated["down"] > 0
    heard = [row for row in spoken if "voice_evaluation_confidence" in row]
    assert 30 < len(heard) < 100
    assert all(len(row["voice_dimension_scores_claude"]) == 5 for row in heard)


def test_nine_operators_ask_at_unequal_rates_and_correct_misunderstandings(rows: list[Row]) -> None:
    asked = Counter(row["user_id"] for row in rows)
    assert set(asked) == {f"op-{number}" for number in range(1, 10)}
    assert max(asked.values()) > 2 * min(asked.values())
    corrected = [row for row in rows if row["correction_text"]]
    assert len(corrected) > 30
    assert all(row["user_rating"] == "down" for row in corrected)
    assert all(row["correction_text"].startswith("I meant ") for row in corrected)
