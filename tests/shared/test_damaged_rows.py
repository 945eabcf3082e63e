"""What is damaged in a file spoils its own row only."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_rows import (
    NO_ESCAPE,
    NO_NUMBER,
    NO_TEXT,
    ExperienceRow,
    RefusedRow,
)

from .imported_rows import GOOD, rows_of


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
    assert refused.reason == "malformed JSON, so no row from here on can be read"


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
