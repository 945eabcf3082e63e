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
    result = report(summary, setup_s=3.14, loop_s=200)
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
    assert set(result["answers"][0]) == {"question", "before", "after"}
    assert result["seconds"] == {"setup": 3.1, "loop": 200, "total": 203.1}


def test_a_retracted_example_is_not_counted_whatever_the_order(summary: EventSummary):
    summary.add(event("ExampleRetracted/retracted"))
    assert summary.pairs == 0
    summary.add(event("PairBuilt/voice"))
    assert summary.pairs == 0


def test_a_demo_without_a_model_has_a_report(tmp_path: Path):
    summary = EventSummary()
    summary.add(event("RunFinished/failed"))
    result = report(summary, 1, 2)
    assert summary.ended
    assert (result["export"], result["model"], result["rewards"]["mean"]) == (None, None, None)
    draw(summary, tmp_path / "empty.png")


def test_the_picture_and_the_table_are_written(summary: EventSummary, tmp_path: Path):
    draw(summary, tmp_path / "report.png")
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")
    console = Console(record=True, width=140)
    show_report(console, report(summary, 1, 2))
    text = console.export_text()
    assert "accepted" in text
    assert "+0.40 (+0.20 to +0.60)" in text
