"""Dashboards are built from code, reproducibly, and query only existing metrics."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from declared_metrics import declared

from .queries import DASHBOARDS, GPU_METRICS, metrics_of, queries, recorded

BUILD = DASHBOARDS.parent / "build.py"
NAMES = ("gpu", "learning", "overview", "services")


def board(name: str) -> dict[str, Any]:
    return dict(json.loads((DASHBOARDS / f"{name}.json").read_text()))


def test_a_rebuild_gives_the_same_bytes(tmp_path: Path):
    subprocess.run([sys.executable, str(BUILD), str(tmp_path)], check=True)
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_bytes() for path in DASHBOARDS.iterdir()}
    assert built == committed, "rebuild them: python deploy/grafana/build.py"
    assert sorted(committed) == [f"{name}.json" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_has_a_title_and_a_description(name: str):
    panels = [panel for panel in board(name)["panels"] if panel["type"] != "row"]
    assert panels
    assert all(panel["description"] and panel["title"] and panel["targets"] for panel in panels)
    assert {panel["datasource"]["uid"] for panel in panels} == {"prometheus"}
    assert board(name)["uid"] == f"ratchet-{name}"


@pytest.mark.parametrize("name", NAMES)
def test_every_query_uses_declared_or_recorded_metrics(name: str):
    known = {series for metric in declared() for series in metric.series} | recorded()
    process_metrics = {"process_resident_memory_bytes", "process_cpu_seconds_total", "ALERTS"}
    for query in queries(name):
        assert metrics_of(query) <= known | process_metrics | GPU_METRICS, query
