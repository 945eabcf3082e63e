"""The report of the demo has every figure, and its picture is a PNG."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ratchet.contract import STREAMS
from ratchet_cli.demo.event_summary import EventSummary
from ratchet_cli.demo.picture import draw
from ratchet_cli.demo.report import report
from ratchet_cli.demo.table import show_report

from .stored_runs import reported, stored_run

EXAMPLES = Path(__file__).parents[1] / "contract" / "examples"


def event(name: str, **changes: Any) -> Any:
    kind, _, example = name.partition("/")
    message = json.loads((EXAMPLES / kind / "v1" / f"{example}.json").read_text())
    stream = next(s for s in STREAMS if any(e.__name__ == kind for e in s.events))
    return stream.adapter.validate_python({**message, **changes})


@pytest.fixture
def summary() -> EventSummary:
    summary = EventSummary()
    for name in (
        "ExperienceRecorded/full",
        "FeedbackReceived/thumb",
        "ExperienceScored/scored",
        "PairBuilt/voice",
        "LabelBuilt/widget",
        "RunStarted/started",
        "RunProgressed/training",
        "RunFinished/accepted",
        "ModelRegistered/local",
        "ModelActivated/first",
    ):
        summary.add(event(name))
    return summary


def test_the_report_has_every_part(summary: EventSummary):
    result = report(summary, 3.14, 200, 97.04, {"ask": "it"})
    assert (result["experiences"], result["feedback"]) == (1, 1)
    assert result["rewards"] == {"mean": 1.2, "positive": 1, "negative": 0}
    assert result["examples"] == {"pairs": 1, "labels": 1}
    assert {"method", "pairs", "seconds", "verdict", "reason", "before", "after"} <= set(
        result["run"]
    )
    for side in ("before", "after"):
        assert {"preference_accuracy", "text_quality", "grounded_accuracy"} <= set(
            result["run"][side]
        )
    assert set(result["export"]) == {"quantization", "seconds", "bytes", "sha256", "top1", "kl"}
    assert result["model"]["active"]
    assert {"question", "before", "after"} <= set(result["answers"][0])
    assert result["machine"]["float32_matmul_gflops"] == 97.0
    assert result["next_steps"] == {"ask": "it"}
    assert result["seconds"] == {"setup": 3.1, "loop": 200, "total": 203.1}


def test_a_retracted_example_is_not_counted_whatever_the_order(summary: EventSummary):
    summary.add(event("ExampleRetracted/retracted"))
    assert summary.pairs == 0
    summary.add(event("PairBuilt/voice"))
    assert summary.pairs == 0


def test_a_demo_without_a_model_has_a_report(tmp_path: Path):
    summary = EventSummary()
    summary.add(event("RunFinished/failed"))
    result = report(summary, 1, 2, 97, {})
    assert summary.ended
    assert (result["export"], result["model"], result["rewards"]["mean"]) == (None, None, None)
    draw(summary, tmp_path / "empty.png")


def printed(result: dict[str, Any]) -> str:
    console = Console(record=True, width=140)
    show_report(console, result)
    return console.export_text()


def test_the_picture_and_the_table_are_written(summary: EventSummary, tmp_path: Path):
    draw(summary, tmp_path / "report.png")
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")
    text = printed(report(summary, 1, 2, 97, {}))
    assert "accepted" in text
    assert "+0.40 (+0.20 to +0.60)" in text


@pytest.mark.parametrize("name", ["better", "worse", "mixed", "failed", "accepted"])
def test_every_kind_of_run_is_drawn_and_printed(name: str, tmp_path: Path):
    """The table is printed from what was read back from the file: it has all of it."""
    run = stored_run(name)
    summary = EventSummary()
    summary.add(run)
    draw(summary, tmp_path / "report.png")
    result = reported(run)
    text = printed(result)
    assert text.startswith(result["headline"]["lines"][0])
    for line in (*result["headline"]["lines"], *result["headline"]["worse"]):
        assert line in text
    assert "97.0 GFLOP/s" in text
    assert "answer it" in text


def test_the_three_lines_come_first_and_what_fell_right_after_them():
    lines = printed(reported(stored_run("worse"))).splitlines()
    assert lines[0].startswith("Asked reading stated correctly: 6 of 8 before, 0 of 8 after")
    assert lines[3].startswith("Worse: ")


def test_chosen_and_drawn_answers_are_printed_with_their_marks():
    text = printed(reported(stored_run("mixed")))
    assert (text.count("chosen"), text.count("drawn at random")) == (5, 5)
    assert "wrong quantity" in text
    assert "the model with the check" in text
    assert "spoken instead: The current of conveyor 013 is 14.2 A." in text


def test_every_row_of_measures_has_its_number_of_cases_and_direction():
    for row in reported(stored_run("worse"))["measures"]:
        assert row["gain"]["n"] == 8
        assert row["better_if"] in ("more", "less") or row["measure"] in ("words", "kl")
