"""Simulated traces: true, with readings in the prompt, and deterministic."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ratchet.measures import question_text
from ratchet_truth import judge, situation_in
from simulator.traces import simulate_traces

START = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return list(simulate_traces(7, 400, start=START))


def test_the_same_seed_gives_the_same_rows(rows: list[dict[str, Any]]):
    assert list(simulate_traces(7, 400, start=START)) == rows
    assert list(simulate_traces(8, 3, start=START)) != rows[:3]
    assert len({row["trace_id"] for row in rows}) == 400


def test_about_one_in_eight_has_no_thinking(rows: list[dict[str, Any]]):
    silent = [row for row in rows if not row["claude_thinking"]]
    assert 30 <= len(silent) <= 70
    assert all(row["has_thinking"] == bool(row["claude_thinking"]) for row in rows)


def test_thinking_and_answer_state_the_requested_reading_or_that_it_is_absent(
    rows: list[dict[str, Any]],
):
    for row in rows:
        question = question_text(row["prompt"]).removesuffix("Response:").strip()
        situation = situation_in(row["prompt"], question)
        (asked,) = situation.asked
        assert judge(row["claude_answer"], situation).is_true
        if row["claude_thinking"]:
            assert judge(row["claude_thinking"], situation).is_true
            assert asked.equipment in row["claude_thinking"]
            assert 60 <= len(row["claude_thinking"]) <= 220
