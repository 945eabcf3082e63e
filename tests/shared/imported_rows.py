"""Rows that are imported, and how tests read them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from ratchet_rows import (
    EXPERIENCE_ROWS,
    ExperienceRow,
    RefusedRow,
    open_rows,
    read_experience,
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


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def rows_of(path: Path) -> list[tuple[int, ExperienceRow | RefusedRow]]:
    found = open_rows(path, UTC, EXPERIENCE_ROWS)
    rows = list(found.rows)
    assert len(rows) == found.total
    return rows
