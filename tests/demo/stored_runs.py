"""Runs as their events were stored: from the recorded answers of real models, or of no model."""

import json
from pathlib import Path
from typing import Any

from ratchet.contract import RunFinished
from ratchet_cli.demo.event_summary import EventSummary
from ratchet_cli.demo.report import report

_HERE = Path(__file__).parent / "runs"
_EVENTS = Path(__file__).parents[1] / "contract" / "examples" / "RunFinished" / "v1"


def stored_run(name: str) -> RunFinished:
    """`better`, `worse` and `mixed` have judged answers; `failed` and `accepted` have none."""
    here = _HERE / f"{name}.json"
    path = here if here.exists() else _EVENTS / f"{name}.json"
    return RunFinished.model_validate_json(path.read_text())


def reported(run: RunFinished) -> dict[str, Any]:
    """The report of a demo with this run, as it is read from its file."""
    summary = EventSummary()
    summary.add(run)
    steps = {"ask the model": "answer it"}
    whole = json.dumps(report(summary, 3.14, 200, 97.04, steps))
    read: dict[str, Any] = json.loads(whole)
    return read
