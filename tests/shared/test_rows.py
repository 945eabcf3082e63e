"""Rows of every release become experiences, repaired and never lost."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import Experience, ExperienceRecorded
from ratchet_rows import (
    NO_ID,
    NO_NUMBER,
    NO_PLAN,
    NO_TEXT,
    NO_TIME,
    read_experience,
    read_passthrough,
)

from .imported_rows import DEFAULT_TIME, GOOD, read, values


def test_a_good_row_needs_no_repair():
    row = read(GOOD)
    assert row.repairs == ()
    assert row.naive
    assert row.experience.query_id == "q-1"


def test_a_naive_time_is_read_in_the_stated_zone():
    assert read(GOOD, "Europe/Vienna").experience.timestamp.astimezone(UTC).hour == 7
    aware = read({**GOOD, "timestamp": "2026-01-20T08:00:00+05:00"}, "Europe/Vienna")
    assert (aware.naive, aware.experience.timestamp.astimezone(UTC).hour) == (False, 3)


@pytest.mark.parametrize(
    ("change", "repair"),
    [
        ({"widget_plan": None}, NO_PLAN),
        ({"widget_plan": {}}, NO_PLAN),
        ({"timestamp": "yesterday"}, NO_TIME),
        ({"timestamp": None}, NO_TIME),
        ({"query_id": ""}, NO_ID),
        ({"query_id": "q" * 129}, NO_ID),
        ({"transcript": "\ud800 power"}, NO_TEXT),
        ({"processing_time_ms": float("nan")}, NO_NUMBER),
        ({"user_rating": "meh"}, "user_rating: Input should be 'up' or 'down'"),
        ({"widget_interactions": [{"widget_index": -1, "action": "click"}]},
         "widget_interactions.widget_index: Input should be greater than or equal to 0"),
        ({"per_widget_feedback": [{"widget_index": 0}, {"widget_index": 0}]},
         "per_widget_feedback.widget_index: Input should be greater than or equal to 1"),
        ({"widget_plan": {"widgets": [{"size": "hero"}]}},
         "widget_plan.widgets.scenario: Field required"),
    ],
)  # fmt: skip
def test_an_invalid_part_is_removed_and_reported_once(change: dict[str, Any], repair: str):
    assert read({**GOOD, **change}).repairs == (repair,)


def test_only_the_invalid_element_is_removed():
    judged = [
        {"widget_index": 0},
        {"widget_index": 1, "appropriateness_score": 7},
        {"widget_index": 2},
    ]
    plan = {"widgets": ["kpi", {"scenario": "trend", "size": None}, {"size": "hero"}]}
    row = read({**GOOD, "per_widget_feedback": judged, "widget_plan": plan}).experience
    assert [verdict.widget_index for verdict in row.per_widget_feedback or ()] == [1]
    assert [(widget.scenario, widget.size) for widget in row.widget_plan.widgets] == [
        ("trend", "normal")
    ]


def test_unknown_fields_need_no_repair():
    assert read({**GOOD, "focus": float("inf"), "note": "\ud800"}).repairs == ()


def test_only_the_invalid_key_of_the_intent_is_removed():
    intent = {"confidence": "high", "entities": {"devices": ["pump-1"]}, "domains": None}
    row = read({**GOOD, "parsed_intent": intent}).experience
    assert row.parsed_intent.devices == ("pump-1",)


def test_nulls_count_as_missing_and_empty_lists_as_sent():
    nulls = dict.fromkeys(Experience.model_fields.keys() - GOOD.keys())
    row = read({**GOOD, **nulls})
    assert row.repairs == ()
    assert row.experience == read(GOOD).experience
    assert read({**GOOD, "missing_widgets": []}).experience.missing_widgets == ()
    assert row.experience.missing_widgets is None


def test_equal_rows_have_one_event_id_and_different_rows_have_two():
    assert read(GOOD).event_id == read(dict(reversed(GOOD.items()))).event_id
    assert read(GOOD).event_id != read({**GOOD, "user_rating": "up"}).event_id


fields = st.sampled_from(sorted(Experience.model_fields)) | st.text(max_size=6)


@given(st.dictionaries(fields, values, max_size=8))
def test_any_json_object_becomes_an_experience_that_can_travel(row: dict[str, Any]):
    experience = read(row).experience
    event = ExperienceRecorded(event_id="e" * 8, occurred_at=DEFAULT_TIME, experience=experience)
    assert ExperienceRecorded.model_validate_json(event.model_dump_json()).experience == experience


def test_references_to_later_widgets_are_renumbered_when_a_widget_is_removed():
    row = read(
        {
            **GOOD,
            "widget_plan": {
                "widgets": [{"scenario": "kpi"}, {"size": "hero"}, {"scenario": "trend"}]
            },
            "widget_interactions": [
                {"widget_index": 0, "action": "view"},
                {"widget_index": 1, "action": "scroll"},
                {"widget_index": 2, "action": "expand"},
            ],
            "per_widget_feedback": [
                {"widget_index": 0},
                {"widget_index": 2, "appropriateness_score": 0.5},
                {"widget_index": 3, "appropriateness_score": 0.1},
            ],
        }
    ).experience
    assert [widget.scenario for widget in row.widget_plan.widgets] == ["kpi", "trend"]
    assert [(one.widget_index, one.action) for one in row.widget_interactions or ()] == [
        (0, "view"),
        (1, "expand"),
    ]
    judged = [(one.position, one.appropriateness_score) for one in row.per_widget_feedback or ()]
    assert judged == [(1, 0.1)]


def test_a_null_in_a_score_is_ignored_and_only_an_invalid_issue_is_removed():
    judged = {"widget_index": 1, "appropriateness_score": 0.9, "widget_type": None}
    row = read({**GOOD, "per_widget_feedback": [{**judged, "issues": ["too large", 5]}]})
    assert row.repairs == ("per_widget_feedback.issues: Input should be a valid string",)
    [verdict] = row.experience.per_widget_feedback or ()
    assert (verdict.appropriateness_score, verdict.issues) == (0.9, ("too large",))


@pytest.mark.parametrize("value", [1_768_896_000, 1_768_896_000_000])
def test_a_number_is_a_time_in_seconds_or_milliseconds(value: int):
    row = read({**GOOD, "timestamp": value}, "Europe/Vienna")
    assert row.experience.timestamp == datetime(2026, 1, 20, 8, tzinfo=UTC)
    assert row.repairs == ()


def test_a_zone_with_an_offset_of_seconds_gives_a_valid_time():
    row = read({**GOOD, "timestamp": "1890-01-01T00:00:00"}, "Asia/Kolkata")
    assert row.experience.timestamp.utcoffset() == timedelta(0)


@given(st.dictionaries(st.sampled_from(["answer", "timestamp", "x"]), values, max_size=4))
def test_any_row_can_be_sent(row: dict[str, Any]):
    sent = read_passthrough(row, UTC, DEFAULT_TIME)
    json.dumps(sent.item, ensure_ascii=False, allow_nan=False).encode()
    assert sent.event_id == read_passthrough(row, UTC, DEFAULT_TIME).event_id


@pytest.mark.parametrize(
    ("sent", "utc"),
    [
        ("1764103112345", "2025-11-25T20:38:32.345000+00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999+00:00"),
        ("2026-01-20 08:00:00,5", "2026-01-20T07:00:00.500000+00:00"),
        ("2026-01-20T08:00:00+0530", "2026-01-20T02:30:00+00:00"),
    ],
)
@pytest.mark.parametrize("read", [read_experience, read_passthrough])
def test_a_file_reads_times_as_http_does(read: Any, sent: str, utc: str):
    row = read({**GOOD, "timestamp": sent}, ZoneInfo("Europe/Vienna"), DEFAULT_TIME)
    assert (row.at.isoformat(), row.repairs) == (utc, ())


@pytest.mark.parametrize("sent", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59Z", True, ""])
def test_a_time_out_of_range_is_replaced_and_reported(sent: Any):
    row = read({**GOOD, "timestamp": sent})
    assert (row.at, row.repairs) == (DEFAULT_TIME, (NO_TIME,))


def test_an_interaction_with_an_unreadable_time_is_kept_without_it():
    touch = {"widget_index": 0, "action": "view"}
    row = read({**GOOD, "widget_interactions": [{**touch, "timestamp": "yesterday"}, touch]})
    assert [one.timestamp for one in row.experience.widget_interactions or ()] == [None, None]
    [repair] = row.repairs
    assert repair.startswith("widget_interactions.timestamp: is not a time")


def test_numbers_and_every_spelling_of_a_uuid_are_ids():
    row = read({**GOOD, "query_id": 4711, "user_id": 17}).experience
    assert (row.query_id, row.user_id) == ("4711", "17")
    value = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
    assert read({**GOOD, "query_id": f"{{{value.upper()}}}"}).experience.query_id == value


@pytest.mark.parametrize("sent", [True, None, "", "a\nb", "..", 1.5, ["q"]])
def test_an_unusable_id_is_derived_from_the_row(sent: Any):
    row = read({**GOOD, "query_id": sent})
    assert row.experience.query_id.startswith("row-")
    assert row.repairs == (NO_ID,)


def test_an_unusable_user_is_removed_and_reported():
    row = read({**GOOD, "user_id": True})
    assert row.experience.user_id == ""
    assert row.repairs == ("user_id: must be text or a whole number, such as q-42 or 42",)
