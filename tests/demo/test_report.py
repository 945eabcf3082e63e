"""The demo's report has every figure it promises, and a picture that can be opened."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ratchet.contract import STREAMS
from ratchet_cli.demo.event_summary import EventSummary
from ratchet_cli.demo.picture import draw
from ratchet_cli.demo.report import DemoSeconds, report
from ratchet_cli.demo.table import show_report

EXAMPLES = Path(__file__).parents[1] / "contract" / "examples"


def event(name: str, **changes: Any) -> Any:
    kind, _, example = name.partition("/")
    message = json.loads((EXAMPLES / kind / "v1" / f"{example}.json").read_text())
    stream = next(s for s in STREAMS if any(e.__name__ == kind for e in s.events))
    return stream.adapter.validate_python({**message, **changes})


@pytest.fixture
def story() -> EventSummary:
    story = EventSummary()
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
        story.add(event(name))
    return story


def test_the_report_has_every_part(story: EventSummary):
    found = report(story, DemoSeconds(setup=3.14, loop=200))
    assert (found["experiences"], found["feedback"]) == (1, 1)
    assert found["rewards"] == {"mean": 1.2, "positive": 1, "negative": 0}
    assert found["examples"] == {"pairs": 1, "labels": 1}
    assert {"method", "pairs", "seconds", "verdict", "reason", "before", "after"} <= set(
        found["run"]
    )
    for side in ("before", "after"):
        assert {"preference_accuracy", "text_quality", "grounded_accuracy"} <= set(
            found["run"][side]
        )
    assert set(found["export"]) == {"quantization", "seconds", "bytes", "sha256", "top1", "kl"}
    assert found["model"]["active"]
    assert set(found["answers"][0]) == {"question", "before", "after"}
    assert found["seconds"] == {"setup": 3.1, "loop": 200, "total": 203.1}


def test_a_retracted_example_is_not_counted_whatever_the_order(story: EventSummary):
    story.add(event("ExampleRetracted/retracted"))
    assert story.pairs == 0
    story.add(event("PairBuilt/voice"))
    assert story.pairs == 0


def test_a_sitting_without_a_model_says_so(tmp_path: Path):
    story = EventSummary()
    story.add(event("RunFinished/failed"))
    found = report(story, DemoSeconds(1, 2))
    assert story.ended
    assert (found["export"], found["model"], found["rewards"]["mean"]) == (None, None, None)
    draw(story, tmp_path / "empty.png")


def test_the_picture_and_the_table_are_made(story: EventSummary, tmp_path: Path):
    draw(story, tmp_path / "report.png")
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")
    console = Console(record=True, width=140)
    show_report(console, report(story, DemoSeconds(1, 2)))
    said = console.export_text()
    assert "accepted" in said
    assert "+0.40 (+0.20 to +0.60)" in said
