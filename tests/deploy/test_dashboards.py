"""Dashboards are made from code, the same each time, and ask only for what is told."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from declared_metrics import declared

from .asked import DASHBOARDS, OF_A_GPU, asked_metrics, queries, recorded

BUILD = DASHBOARDS.parent / "build.py"
NAMES = ("gpu", "learning", "overview", "services")


def board(name: str) -> dict[str, Any]:
    return dict(json.loads((DASHBOARDS / f"{name}.json").read_text()))


def test_making_them_again_gives_the_same_bytes(tmp_path: Path):
    subprocess.run([sys.executable, str(BUILD), str(tmp_path)], check=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in DASHBOARDS.iterdir()}
    assert made == kept, "make them anew: python deploy/grafana/build.py"
    assert sorted(kept) == [f"{name}.json" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_each_panel_says_what_it_shows(name: str):
    panels = [panel for panel in board(name)["panels"] if panel["type"] != "row"]
    assert panels
    assert all(panel["description"] and panel["title"] and panel["targets"] for panel in panels)
    assert {panel["datasource"]["uid"] for panel in panels} == {"prometheus"}
    assert board(name)["uid"] == f"ratchet-{name}"


@pytest.mark.parametrize("name", NAMES)
def test_each_query_asks_for_what_the_code_declares_or_a_rule_records(name: str):
    known = {series for metric in declared() for series in metric.series} | recorded()
    of_processes = {"process_resident_memory_bytes", "process_cpu_seconds_total", "ALERTS"}
    for query in queries(name):
        assert asked_metrics(query) <= known | of_processes | OF_A_GPU, query
