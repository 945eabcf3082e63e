"""Validates widget plans: whether the dashboard can show them.

Scenarios, sizes and the height budget are those of the Command Center's widget plan.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

CORE_SCENARIOS = (
    "alerts", "category-bar", "chatstream", "comparison", "composition", "distribution",
    "edgedevicepanel", "eventlogstream", "flow-sankey", "kpi", "matrix-heatmap", "peoplehexgrid",
    "peoplenetwork", "peopleview", "supplychainglobe", "timeline", "trend", "trend-multi-line",
    "trends-cumulative",
)  # fmt: skip
SCENARIOS = (*CORE_SCENARIOS, "diagnosticpanel", "uncertaintypanel")
SIZES = ("hero", "expanded", "normal", "compact")
HEIGHT_BUDGET = 24
# Heights without `height_units`: one hero, two expanded and two compact widgets fill a plan.
DEFAULT_HEIGHTS = {"hero": 8, "expanded": 6, "normal": 4, "compact": 2}

_KNOWN = frozenset(SCENARIOS)
_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_LONGEST_FIRST = sorted(SCENARIOS, key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class PlanValidity:
    """The problems of one plan, empty if it is valid."""

    problems: tuple[str, ...]

    @property
    def valid(self) -> bool:
        return not self.problems


def scenario_named(text: str) -> str | None:
    """The scenario named in a judge's text ("a KPI widget", "trend_multi_line"), or None."""
    words = f"-{'-'.join(''.join(c if c.isalnum() else ' ' for c in text.lower()).split())}-"
    return next((name for name in _LONGEST_FIRST if f"-{name}-" in words), None)


def plan_text(heading: str, widgets: Iterable[tuple[str, str]]) -> str:
    """A plan of (scenario, size) pairs as the compact JSON that models learn to write."""
    placed = [{"scenario": scenario, "size": size} for scenario, size in widgets]
    return _COMPACT.encode({"heading": heading, "widgets": placed})


def plan_validity(text: str) -> PlanValidity:
    """Check that `text` is one JSON object with a non-empty, known and fitting `widgets` list."""
    return PlanValidity(tuple(_problems(text)))


def _problems(text: str) -> Iterator[str]:
    try:
        plan = json.loads(text)
    except (ValueError, RecursionError):
        yield "not one JSON value"
        return
    if not isinstance(plan, dict):
        yield "not a JSON object"
        return
    widgets = plan.get("widgets")
    if not isinstance(widgets, list) or not widgets:
        yield "no widgets"
        return
    total = 0.0
    for position, widget in enumerate(widgets, start=1):
        if not isinstance(widget, dict):
            yield f"widget {position}: not an object"
            continue
        scenario, size = widget.get("scenario"), widget.get("size")
        if not isinstance(scenario, str) or scenario not in _KNOWN:
            yield f"widget {position}: unknown scenario {str(scenario)[:40]!r}"
        if not isinstance(size, str) or size not in SIZES:
            yield f"widget {position}: unknown size {str(size)[:40]!r}"
            continue
        height = widget.get("height_units", DEFAULT_HEIGHTS[size])
        if isinstance(height, bool) or not isinstance(height, int | float) or not height > 0:
            yield f"widget {position}: height is no positive number"
            continue
        total += min(height, HEIGHT_BUDGET + 1)
    if total > HEIGHT_BUDGET:
        yield f"more than {HEIGHT_BUDGET} height units"
