"""Reads the queries of dashboards and rules, and the metrics that they use."""

import json
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
RULES = ROOT / "deploy" / "prometheus" / "rules"
GPU_METRICS = {
    f"DCGM_FI_DEV_{name}" for name in ("GPU_UTIL", "FB_USED", "FB_FREE", "GPU_TEMP", "POWER_USAGE")
}
"""In the default list of dcgm-exporter. A machine without a GPU cannot scrape them."""
_METRIC = re.compile(r"(?:\w+:\w+:\w+|\b(?:ratchet|process)_\w+|\bDCGM_FI_\w+|\bALERTS\b)")


def queries(board: str) -> list[str]:
    panels = json.loads((DASHBOARDS / f"{board}.json").read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def rules() -> list[str]:
    return [rule["expr"] for rule in _rules()]


def recorded() -> set[str]:
    return {rule["record"] for rule in _rules() if "record" in rule}


def metrics_of(query: str) -> set[str]:
    return set(_METRIC.findall(query))


def _rules() -> list[dict[str, str]]:
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]
