"""A file of rows is read in every layout and encoding, and its kind is recognized."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ratchet_rows import (
    KINDS,
    NO_TEXT,
    ExperienceRow,
    ImportRow,
    RefusedRow,
    UnreadableFile,
    open_rows,
)

from .imported_rows import GOOD, rows_of


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


@pytest.mark.parametrize("padding", ["\ufeff", "\0" * 512, "\x1e"])
def test_marks_and_padding_between_the_rows_of_lines_spoil_none(tmp_path: Path, padding: str):
    path = tmp_path / "rows.jsonl"
    line = json.dumps(GOOD)
    path.write_text(f"{line}\n{padding}{line}\n{padding}\n{line}\n{padding}", encoding="utf-8")
    found = list(rows_of(path))
    assert [number for number, _ in found] == [1, 2, 4]
    assert all(isinstance(row, ExperienceRow) and not row.repairs for _, row in found)


def test_a_lone_surrogate_is_repaired_in_its_row_only(tmp_path: Path):
    path = tmp_path / "rows.json"
    broken = json.dumps({**GOOD, "transcript": "\ud83d power"})
    path.write_text(f"[{json.dumps(GOOD)}, {broken}, {json.dumps(GOOD)}]")
    assert [one.repairs for _, one in rows_of(path) if isinstance(one, ExperienceRow)] == [
        (), (NO_TEXT,), (),
    ]  # fmt: skip
