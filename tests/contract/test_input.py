"""HTTP, files and streams read times and ids in the same way."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from unicodedata import normalize
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import (
    EXPERIENCES,
    ClientInput,
    Experience,
    ExperienceRecorded,
    Feedback,
    Invalid,
    time_of,
)
from ratchet.delivery import DATA_FIELD, Entry
from ratchet_text import identifier, known_as, read_time

QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
SPELLINGS = [
    QUERY_ID,
    QUERY_ID.upper(),
    f"{{{QUERY_ID}}}",
    f"{{{QUERY_ID.upper()}}}",
    f"({QUERY_ID})",
    f"urn:uuid:{QUERY_ID}",
    f"URN:UUID:{QUERY_ID.upper()}",
    QUERY_ID.replace("-", ""),
    f"  {QUERY_ID}\n",
]
VIENNA = ZoneInfo("Europe/Vienna")


@pytest.mark.parametrize(
    ("sent", "utc"),
    [
        ("1764103112345", "2025-11-25T20:38:32.345000"),
        ("1764103112", "2025-11-25T20:38:32"),
        ("1764103112.5", "2025-11-25T20:38:32.500000"),
        ("1764103112,5", "2025-11-25T20:38:32.500000"),
        (1764103112345, "2025-11-25T20:38:32.345000"),
        (1764103112, "2025-11-25T20:38:32"),
        (1764103112.345, "2025-11-25T20:38:32.345000"),
        (1764103112345678, "2025-11-25T20:38:32.345678"),
        ("1764103112345678901", "2025-11-25T20:38:32.345678"),
        (0, "1970-01-01T00:00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999"),
        ("2016-12-31T23:59:60.25Z", "2016-12-31T23:59:59.999999"),
        ("2017-01-01T05:29:60+05:30", "2016-12-31T23:59:59.999999"),
        ("2017-01-01T00:59:60", "2016-12-31T23:59:59.999999"),
        ("2026-01-20T08:00:00", "2026-01-20T07:00:00"),
        ("2026-07-20T08:00:00", "2026-07-20T06:00:00"),
        ("2026-01-20 08:00:00z", "2026-01-20T08:00:00"),
        ("2026-01-20t08:00Z", "2026-01-20T08:00:00"),
        ("2026-01-20_08:00:00Z", "2026-01-20T08:00:00"),
        ("2026-01-20 08:00:00 UTC", "2026-01-20T08:00:00"),
        ("2026-01-20T08:00:00+0530", "2026-01-20T02:30:00"),
        ("2026-01-20T08:00:00-05", "2026-01-20T13:00:00"),
        ("2026-01-20T08:00:00\u221205:00", "2026-01-20T13:00:00"),
        ("2026-01-20T08:00:00,125Z", "2026-01-20T08:00:00.125000"),
        ("2026-01-20T08:00:00.123456789Z", "2026-01-20T08:00:00.123456"),
        ("2026-01-20T24:00:00Z", "2026-01-21T00:00:00"),
        ("2026-01-20T08:00:00+01:00[Europe/Vienna]", "2026-01-20T07:00:00"),
        ("2026-01-20T08:00:00Z[Etc/UTC]", "2026-01-20T08:00:00"),
        ("20260120T080000Z", "2026-01-20T08:00:00"),
        ("2026-01-20", "2026-01-19T23:00:00"),
        ("20260120", "2026-01-19T23:00:00"),
        ("  2026-01-20T08:00:00Z\n", "2026-01-20T08:00:00"),
        ("9999-12-30T00:00:00Z", "9999-12-30T00:00:00"),
    ],
)
def test_a_time_is_read_in_every_common_form(sent: Any, utc: str):
    at, _ = read_time(sent, VIENNA)
    assert at == datetime.fromisoformat(f"{utc}+00:00")
    assert at.tzinfo is UTC


@pytest.mark.parametrize(
    "sent",
    [
        "0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00", "1969-12-31T23:59:59Z", "1900-01-01",
        "1970-01-01T00:00:00+01:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00",
        "10000-01-01T00:00:00Z", -1, "-1764103112", 10**20, 10**400, "9" * 5_000, 1e300,
        20260120080000, "20260120080000", float("nan"), float("inf"), float("-inf"), "NaN",
        True, False, "", " ", "yesterday", "2026", "2026-01", "08:00", "2026-02-30", "2026-13-45",
        "2026-01-20T25:00:00Z", "2026-01-20T08:61:00Z", "2026-01-20T08:00:00+99:00",
        "2026-01-20x08:00:00", "2026-01-20T08:00:00[Europe/Vienna]", "２０２６-01-20",
        [], {}, None, "1e9",
    ],
)  # fmt: skip
def test_any_other_value_is_refused_with_an_example(sent: Any):
    with pytest.raises(ValueError, match="such as 2026-03-01T08:30:00Z"):
        read_time(sent, VIENNA)


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ("yesterday", "is not a time"),
        (True, "is not a time"),
        ("1969-12-31T23:59:59Z", "is before 1970 or after 9999-12-30"),
        (20260120080000, "is not a number of seconds or milliseconds since 1970"),
    ],
)
def test_a_refused_time_has_a_message_for_its_problem(sent: Any, problem: str):
    with pytest.raises(ValueError, match=f"^{problem}; send "):
        read_time(sent, VIENNA)


def test_second_60_is_read_only_at_the_end_of_a_utc_day():
    with pytest.raises(ValueError, match="leap second"):
        read_time("2026-01-20T12:30:60Z", UTC)


_FORMS = (
    "{:%Y-%m-%dT%H:%M:%S.%f}", "{:%Y-%m-%d %H:%M:%S,%f}", "{:%Y%m%dT%H%M%S.%f}",
)  # fmt: skip


@given(
    at=st.integers(86_400 * 10**6, 253_402_000_000 * 10**6),
    hours=st.integers(-14, 14),
    form=st.sampled_from(_FORMS),
)
def test_a_time_in_any_zone_is_the_same_time(at: int, hours: int, form: str):
    there = time_of(at).astimezone(timezone(timedelta(hours=hours)))
    written = form.format(there) + f"{there:%z}"
    assert read_time(written, None) == (time_of(at), False)


@given(st.integers(10**15, 2 * 10**16), st.sampled_from([0, 3, 6]))
def test_a_number_of_any_unit_is_the_same_time_as_number_and_as_text(at: int, digits: int):
    number = at // 10 ** (6 - digits)
    expected = time_of(number * 10 ** (6 - digits))
    assert read_time(number, None)[0] == read_time(str(number), None)[0] == expected


@pytest.mark.parametrize("sent", SPELLINGS)
def test_every_spelling_of_a_uuid_is_one_id(sent: str):
    assert identifier(sent) == QUERY_ID


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (4711, "4711"), (4711.0, "4711"), (-3, "-3"), (" q ", "q"), ("line/7", "line/7"),
        ("a b", "a b"), ("a..b", "a..b"), ("100%", "100%"), ("Ku\u0308hlwasser", "Kühlwasser"),
        ("山田　太郎", "山田　太郎"), ("क्\u200dष", "क्\u200dष"),
    ],
)  # fmt: skip
def test_an_id_has_one_spelling(sent: Any, name: str):
    assert identifier(sent) == name


@pytest.mark.parametrize(
    "sent",
    [
        True, False, 1.5, float("nan"), float("inf"), 1e20, 10**200, None, [], {}, "a\nb", "a\x00b",
        "\ud83d", "a\u200bb", "\u202eabc", "\ufeffq", "a\u2028b", ".", "..", "a/../b", "./a",
    ],
)  # fmt: skip
def test_an_id_that_cannot_be_part_of_a_url_is_refused(sent: Any):
    with pytest.raises(ValueError):
        identifier(sent)
    assert known_as(sent) is sent


@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_reading_an_id_twice_gives_the_same_spelling(sent: str):
    name = known_as(sent)
    assert known_as(name) == name
    assert known_as(normalize("NFD", name)) == name or name == sent


@given(st.uuids())
def test_32_hex_digits_are_a_uuid_in_ids_of_questions_and_users_only(value: UUID):
    assert identifier(value.hex) == str(value)
    assert identifier(value.hex, compact=False) == value.hex
    assert identifier(str(value).upper(), compact=False) == str(value)


def entry(**changes: Any) -> Entry:
    message = {
        "type": "ExperienceRecorded",
        "event_id": "fact-0001",
        "occurred_at": "2026-01-20T08:00:00Z",
        "experience": {"query_id": QUERY_ID, "timestamp": "2026-01-20T08:00:00Z"},
    }
    message["experience"] |= changes.pop("experience", {})  # type: ignore[operator]
    return Entry("1-1", {DATA_FIELD.encode(): json.dumps(message | changes).encode()}, 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"occurred_at": "0001-01-01T00:00:00+01:00"}, "occurred_at: is before 1970"),
        ({"occurred_at": "2026-01-20T08:00:00"}, "occurred_at: has no time zone"),
        ({"experience": {"timestamp": "9999-12-31T23:59:59Z"}}, "experience.timestamp: is before"),
        ({"experience": {"query_id": "a\nb"}}, "query_id: contains the invisible character U+000A"),
        ({"experience": {"user_id": True}}, "experience.user_id: must be text"),
        ({"experience": {"fixtures": {"kpi": [10**400]}}}, "experience.fixtures: contains"),
        ({"experience": {"fixtures": {"kpi": [float("nan")]}}}, "experience.fixtures: contains"),
        ({"experience": {"user_history": [float("inf")]}}, "experience.user_history: contains"),
        ({"experience": {"processing_time_ms": float("inf")}}, "experience.processing_time_ms"),
    ],
)  # fmt: skip
def test_an_entry_with_an_invalid_value_is_a_dead_letter_that_names_the_field(
    changes: dict[str, Any], field: str
):
    outcome = entry(**changes).decode(EXPERIENCES)
    assert isinstance(outcome, Invalid)
    assert field in outcome.reason


@pytest.mark.parametrize("sent", SPELLINGS)
def test_a_producer_of_the_stream_may_use_any_spelling(sent: str):
    event = entry(
        occurred_at=1764103112345,
        experience={"query_id": sent, "user_id": 17, "timestamp": "1764103112345"},
    ).decode(EXPERIENCES)
    assert isinstance(event, ExperienceRecorded)
    assert (event.experience.query_id, event.experience.user_id) == (QUERY_ID, "17")
    assert event.occurred_at == event.experience.timestamp == time_of(1764103112345000)


def test_stored_values_of_an_earlier_release_are_still_read():
    stored = {
        "query_id": "a\nb",
        "timestamp": "0001-01-01T00:00:00+01:00",
        "widget_interactions": [
            {"widget_index": 0, "action": "view", "timestamp": "2026-02-08T20:01:30"},
            {"widget_index": 0, "action": "view", "timestamp": -5.0},
        ],
    }
    read = Experience.model_validate(stored)
    assert (read.query_id, read.timestamp) == ("a\nb", time_of(0))
    assert [one.timestamp for one in read.widget_interactions or ()] == [
        datetime(2026, 2, 8, 20, 1, 30, tzinfo=UTC),
        time_of(0),
    ]
    assert time_of(-62_135_600_400_000_000) == time_of(0)


def test_an_interaction_is_read_in_the_zone_of_its_sender():
    touch = {"widget_index": 0, "action": "view", "timestamp": "2026-02-08T20:01:30"}
    read = Feedback.model_validate(
        {"query_id": "q", "interactions": [touch]}, context=ClientInput(ZoneInfo("Asia/Kolkata"))
    )
    [one] = read.interactions or ()
    assert one.timestamp == datetime(2026, 2, 8, 14, 31, 30, tzinfo=UTC)
