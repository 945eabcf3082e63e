"""Rows of every release become experiences, repaired and never lost."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import Experience, ExperienceRecorded
from ratchet_rows import (
    EXPERIENCE_ROWS,
    KINDS,
    NO_ESCAPE,
    NO_ID,
    NO_NUMBER,
    NO_PLAN,
    NO_TEXT,
    NO_TIME,
    ExperienceRow,
    ImportRow,
    RefusedRow,
    UnreadableFile,
    open_rows,
    read_experience,
    read_passthrough,
)

DEFAULT_TIME = datetime(2026, 3, 1, tzinfo=UTC)
GOOD = {
    "query_id": "q-1",
    "timestamp": "2026-01-20T08:00:00",
    "transcript": "What is the power of pump 001?",
    "widget_plan": {"widgets": [{"scenario": "kpi", "size": "hero"}]},
}


def read(row: dict[str, Any], zone: str = "UTC") -> ExperienceRow:
    return read_experience(row, ZoneInfo(zone), DEFAULT_TIME)


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


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
fields = st.sampled_from(sorted(Experience.model_fields)) | st.text(max_size=6)


@given(st.dictionaries(fields, values, max_size=8))
def test_any_json_object_becomes_an_experience_that_can_travel(row: dict[str, Any]):
    experience = read(row).experience
    event = ExperienceRecorded(event_id="e" * 8, occurred_at=DEFAULT_TIME, experience=experience)
    assert ExperienceRecorded.model_validate_json(event.model_dump_json()).experience == experience


def rows_of(path: Path) -> list[tuple[int, ExperienceRow | RefusedRow]]:
    found = open_rows(path, UTC, EXPERIENCE_ROWS)
    rows = list(found.rows)
    assert len(rows) == found.total
    return rows


@pytest.mark.parametrize("indent", [None, 1])
def test_a_buffer_and_an_array_are_read_row_by_row(tmp_path: Path, indent: int | None):
    path = tmp_path / "buffer.json"
    path.write_text(
        json.dumps({"saved_at": "2026-02-01T00:00:00", "experiences": [GOOD, 7]}, indent=indent)
    )
    [(one, row), (two, refused)] = rows_of(path)
    assert (one, two) == (1, 2)
    assert isinstance(row, ExperienceRow)
    assert isinstance(refused, RefusedRow)
    path.write_text(json.dumps([GOOD], indent=indent))
    assert len(rows_of(path)) == 1


def test_in_json_lines_a_malformed_line_is_refused_with_its_number(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{{ broken\n\n{json.dumps(GOOD)}\n[1]\n")
    found = rows_of(path)
    assert [(number, isinstance(row, ExperienceRow)) for number, row in found] == [
        (1, False),
        (3, True),
        (4, False),
    ]


def test_a_row_without_a_time_gets_that_of_the_file_or_of_the_previous_row(tmp_path: Path):
    timeless = {**GOOD, "query_id": "q-2", "timestamp": None}
    path = tmp_path / "rows.json"
    path.write_text(
        json.dumps({"saved_at": "2026-02-01T00:00:00", "experiences": [GOOD, timeless]})
    )
    times = [row.experience.timestamp for _, row in rows_of(path) if isinstance(row, ExperienceRow)]
    assert times[1] == datetime(2026, 2, 1, tzinfo=UTC)
    path.write_text(json.dumps([GOOD, timeless]))
    times = [row.experience.timestamp for _, row in rows_of(path) if isinstance(row, ExperienceRow)]
    assert times[1] == times[0]


@pytest.mark.parametrize("content", ["", "hello", '{"a": [1]\n}', "12", '"text"', "\xff"])
def test_a_file_of_another_format_is_refused_with_the_accepted_formats(
    tmp_path: Path, content: str
):
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(UnreadableFile, match="experience_buffer"):
        open_rows(path, UTC, *KINDS)


def test_a_missing_file_is_named_in_the_error(tmp_path: Path):
    with pytest.raises(UnreadableFile, match="nowhere"):
        open_rows(tmp_path / "nowhere.json", UTC, *KINDS)


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


def test_a_byte_order_mark_is_ignored_and_bytes_that_are_not_text_are_repaired(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    latin = json.dumps({**GOOD, "transcript": "Strasse"}).replace("ss", "\xdf").encode("latin-1")
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\n" + latin)
    (_, first), (_, second) = rows_of(path)
    assert isinstance(first, ExperienceRow)
    assert isinstance(second, ExperienceRow)
    assert (first.repairs, second.repairs) == ((), (NO_TEXT,))


def test_a_malformed_first_line_does_not_hide_the_other_lines(tmp_path: Path):
    path = tmp_path / "rows.txt"
    path.write_text(f"{{ broken\n{json.dumps(GOOD)}\n")
    assert [isinstance(row, ExperienceRow) for _, row in rows_of(path)] == [False, True]


def test_a_row_of_another_kind_of_file_is_refused(tmp_path: Path):
    path = tmp_path / "pending_dpo_pairs.json"
    path.write_text(json.dumps([{"prompt": "p", "chosen": "c", "rejected": "r", "timestamp": 1}]))
    [(_, refused)] = rows_of(path)
    assert isinstance(refused, RefusedRow)
    assert "not an experience" in refused.reason


TRACE = {"trace_id": "t-1", "prompt": "Power?", "claude_answer": "45 kW"}
PAIR = {"prompt": "Power?", "chosen": "45 kW", "rejected": "no idea"}


@pytest.mark.parametrize(
    ("rows", "path"),
    [
        ([GOOD], "/v1/experiences"),
        ([{**GOOD, "trace_id": "of a span", "answer": 42}], "/v1/experiences"),
        ([TRACE], "/v1/traces"),
        (
            [{"prompt": "Power?", "answer": "45 kW", "query_id": "q-1", "trace_id": "t"}],
            "/v1/traces",
        ),
        ([PAIR], "/v1/pairs"),
        ([7, {"x": 1}, PAIR], "/v1/pairs"),
        ([], "/v1/experiences"),
        ([{"x": 1}], "/v1/experiences"),
    ],
)
@pytest.mark.parametrize("layout", ["array", "lines"])
def test_the_first_row_of_a_known_kind_decides_the_kind_of_the_file(
    tmp_path: Path, rows: list[Any], path: str, layout: str
):
    file = tmp_path / ("rows.json" if layout == "array" else "rows.jsonl")
    lines = "\n".join(map(json.dumps, rows))
    file.write_text(json.dumps(rows) if layout == "array" else f"{{ cut off\n{lines}")
    assert open_rows(file, UTC, *KINDS).kind.path == path


def test_a_row_of_another_kind_than_the_file_is_refused(tmp_path: Path):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([TRACE, {"transcript": "Power?"}]))
    [_, (number, refused)] = open_rows(path, UTC, *KINDS).rows
    assert number == 2
    assert isinstance(refused, RefusedRow)
    assert refused.reason.startswith("not a trace: has none of answer, claude_answer")


def test_a_trace_is_sent_with_its_time_in_utc_and_otherwise_unchanged(tmp_path: Path):
    path = tmp_path / "traces.jsonl"
    path.write_text(json.dumps({**TRACE, "timestamp": "2026-02-01T12:00:00", "later_key": [1]}))
    [(_, row)] = open_rows(path, ZoneInfo("Europe/Vienna"), *KINDS).rows
    assert isinstance(row, ImportRow)
    assert row.naive
    assert row.at == datetime(2026, 2, 1, 11, tzinfo=UTC)
    assert row.item == {**TRACE, "timestamp": "2026-02-01T11:00:00+00:00", "later_key": [1]}


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


@pytest.mark.parametrize("number", ["9" * 5_000, "9" * 400, "1e400", "-Infinity", "NaN"])
@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl"])
def test_a_number_that_is_too_large_for_a_double_is_removed_from_its_row_only(
    tmp_path: Path, number: str, name: str
):
    rows = [json.dumps({**GOOD, "fixtures": {"kpi": "NUMBER"}}).replace('"NUMBER"', number)]
    rows.append(json.dumps(GOOD))
    path = tmp_path / name
    path.write_text("\n".join(rows) if name.endswith("jsonl") else f"[{','.join(rows)}]")
    (_, first), (_, second) = rows_of(path)
    assert isinstance(first, ExperienceRow)
    assert isinstance(second, ExperienceRow)
    assert (first.experience.fixtures, first.repairs) == ({"kpi": None}, (NO_NUMBER,))
    assert second.repairs == ()


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-16", ""), ("utf-16-le", ""), ("utf-16-be", ""), ("utf-16-be", "\ufeff"),
        ("utf-32", ""), ("utf-32-le", "\ufeff"), ("utf-8", "\ufeff"), ("utf-8", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("layout", ["rows.jsonl", "rows.json", "rows.txt"])
def test_a_file_may_be_written_in_any_unicode_encoding(
    tmp_path: Path, encoding: str, mark: str, layout: str
):
    row = {**GOOD, "transcript": "Kühlwasserdruck 泵2?"}
    line = json.dumps(row, ensure_ascii=False)
    text = f"[{line},\r\n{line}]" if layout == "rows.json" else f"{line}\r\n{line}\r\n"
    path = tmp_path / layout
    path.write_bytes((mark + text).encode(encoding))
    found = [one for _, one in rows_of(path) if isinstance(one, ExperienceRow)]
    assert [one.experience.transcript for one in found] == [row["transcript"]] * 2
    assert [one.repairs for one in found] == [(), ()]


def test_a_lone_surrogate_is_repaired_in_its_row_only(tmp_path: Path):
    path = tmp_path / "rows.json"
    broken = json.dumps({**GOOD, "transcript": "\ud83d power"})
    path.write_text(f"[{json.dumps(GOOD)}, {broken}, {json.dumps(GOOD)}]")
    assert [one.repairs for _, one in rows_of(path) if isinstance(one, ExperienceRow)] == [
        (), (NO_TEXT,), (),
    ]  # fmt: skip


ROW = json.dumps(GOOD)
BAD_ROWS = [
    (json.dumps({**GOOD, "fixtures": "DEEP"}).replace('"DEEP"', "[" * 90_000 + "]" * 90_000),
     "nested too deeply"),
    (ROW.replace('"q-1"', "nul"), "malformed JSON"),
    (ROW.replace('"q-1"', "007"), "malformed JSON"),
    (ROW.replace('"q-1"', "{,}"), "malformed JSON"),
    (ROW.replace('"q-1"', r'"\x"'), "malformed JSON"),
    (ROW.replace(":", "", 1), "malformed JSON"),
    ("'q'", "malformed JSON"),
]  # fmt: skip
LAYOUTS = ["[{}]", "[\n{}\n]", '{{"saved_at": "2026-02-01T00:00:00", "experiences": [{}]}}',
           '{{"experiences": [\n{}\n], "saved_at": "2026-02-01T00:00:00"}}']  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("bad", "reason"), BAD_ROWS)
def test_a_row_that_is_not_json_spoils_no_other_row_of_its_list(
    tmp_path: Path, layout: str, bad: str, reason: str
):
    path = tmp_path / "rows.json"
    path.write_text(layout.format(",\n".join([ROW, bad, ROW])))
    (_, first), (number, refused), (_, third) = rows_of(path)
    assert isinstance(first, ExperienceRow)
    assert isinstance(third, ExperienceRow)
    assert number == 2
    assert isinstance(refused, RefusedRow)
    assert reason in refused.reason


@pytest.mark.parametrize("start", ["[", '{"saved_at": "2026-02-01T00:00:00", "experiences": ['])
@pytest.mark.parametrize("end", [ROW[:40], ROW[:-1], "", ROW + ROW])
def test_the_rows_before_the_place_where_a_list_is_cut_off_are_read(
    tmp_path: Path, start: str, end: str
):
    path = tmp_path / "rows.json"
    path.write_text(f"{start}{ROW},\n{ROW},\n{end}")
    *rows, (number, refused) = rows_of(path)
    assert [isinstance(row, ExperienceRow) for _, row in rows] == [True] * (number - 1)
    assert number in (3, 4)
    assert isinstance(refused, RefusedRow)
    assert refused.reason == "malformed JSON, so that no row from here on can be told apart"


def test_the_time_of_a_damaged_file_is_read(tmp_path: Path):
    path = tmp_path / "rows.json"
    timeless = json.dumps({**GOOD, "timestamp": None})
    for layout in LAYOUTS[2:]:
        path.write_text(layout.format(f"{timeless}, nul"))
        (_, row), _ = rows_of(path)
        assert isinstance(row, ExperienceRow)
        assert row.at == datetime(2026, 2, 1, tzinfo=UTC)


def test_text_behind_a_list_is_reported_and_the_list_is_read(tmp_path: Path):
    path = tmp_path / "rows.json"
    path.write_text(f"[{ROW}]]")
    (_, row), (_, refused) = rows_of(path)
    assert isinstance(row, ExperienceRow)
    assert refused == RefusedRow("malformed JSON around the list of rows")


@pytest.mark.parametrize("layout", ["rows.json", "rows.jsonl"])
def test_a_control_character_that_is_not_escaped_is_kept_and_reported(tmp_path: Path, layout: str):
    bad = ROW.replace("power", "po\twer")
    path = tmp_path / layout
    path.write_text(f"[{bad},{ROW}]" if layout == "rows.json" else f"{bad}\n{ROW}")
    (_, first), (_, second) = rows_of(path)
    assert isinstance(first, ExperienceRow)
    assert isinstance(second, ExperienceRow)
    assert first.experience.transcript == "What is the po\twer of pump 001?"
    assert (first.repairs, second.repairs) == ((NO_ESCAPE,), ())


@pytest.mark.parametrize(
    ("encoding", "broken"),
    [
        ("utf-16-le", b"\x3d\xd8"), ("utf-16-be", b"\xd8\x3d"), ("utf-16-be", b"\xde\x00"),
        ("utf-32-le", b"\x00\xd8\x00\x00"), ("utf-32-be", b"\x7f\xff\xff\xff"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("layout", ["rows.json", "rows.jsonl"])
def test_broken_code_units_are_repaired_and_reported(
    tmp_path: Path, encoding: str, broken: bytes, layout: str
):
    start, end = (part.encode(encoding) for part in ROW.split("What"))
    row, separator = start + broken + end, ("," if layout == "rows.json" else "\n")
    content = row + separator.encode(encoding) + ROW.encode(encoding)
    if layout == "rows.json":
        content = "[".encode(encoding) + content + "]".encode(encoding)
    path = tmp_path / layout
    path.write_bytes(content)
    (_, first), (_, second) = rows_of(path)
    assert isinstance(first, ExperienceRow)
    assert isinstance(second, ExperienceRow)
    assert first.experience.transcript == "? is the power of pump 001?"
    assert (first.repairs, second.repairs) == ((NO_TEXT,), ())


PRETTY = json.dumps(GOOD, indent=2)


@pytest.mark.parametrize(
    "layout", ["[\n{}\n]", '{{"experiences": [\n{}\n]}}', '{{"experiences": [\n{}\n], "n": 1}}']
)
@pytest.mark.parametrize("good", [ROW, f"  {ROW}", PRETTY])
@pytest.mark.parametrize(
    ("part", "broken"),
    [("}]}", "]}"), ("]", ""), ('"kpi"', '"k"p"i"'), ("pump 001?", 'pump "001?'), ('?"', "?")],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_where_rows_begin_on_their_own_lines_a_fault_ends_with_its_row(
    tmp_path: Path, layout: str, good: str, part: str, broken: str, place: int
):
    if good is PRETTY and part == "}]}":
        part, broken = "}\n    ]", "]"
    rows = [good, good, good]
    rows[place] = good.replace(part, broken)
    assert rows[place] != good
    path = tmp_path / "rows.json"
    path.write_text(layout.format(",\n".join(rows)))
    read = [isinstance(row, ExperienceRow) for _, row in rows_of(path)]
    assert read == [number != place for number in range(3)]


@given(st.integers(0, 10**6), st.sampled_from([None, 1, "lines"]), st.booleans())
def test_of_a_cut_off_file_every_complete_row_is_read(
    tmp_path_factory: pytest.TempPathFactory, place: int, indent: Any, is_buffer: bool
):
    lines = ",\n".join([ROW] * 3)
    listed = f"[\n{lines}\n]" if indent == "lines" else json.dumps([GOOD] * 3, indent=indent)
    start = '{"saved_at": "2026-02-01", "experiences": ' if is_buffer else ""
    last = len(start) + listed.rindex("]")
    cut = len(start) + 1 + place % (last - len(start))
    path = tmp_path_factory.getbasetemp() / "cut.json"
    path.write_text((start + listed)[:cut])
    row = ROW if indent == "lines" else json.dumps([GOOD], indent=indent)[1:-1].strip()
    *read, (_, refused) = rows_of(path)
    assert [isinstance(one, ExperienceRow) for _, one in read] == [True] * listed[
        : cut - len(start)
    ].count(row)
    assert isinstance(refused, RefusedRow)
