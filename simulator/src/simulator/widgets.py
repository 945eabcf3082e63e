"""Generates widget plans for a situation, each widget with its true fit."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

from ratchet.measures import DEFAULT_HEIGHTS
from simulator.situations import Situation

# Scenarios for one reading of one device, best first, with their right sizes.
_FITTING = (("kpi", "normal"), ("trend", "expanded"), ("comparison", "normal"))
_ALSO_FITTING = (("alerts", "compact"), ("timeline", "compact"), ("distribution", "compact"))
_MISFITS = ("chatstream", "peopleview", "supplychainglobe", "peoplenetwork", "flow-sankey",
            "edgedevicepanel", "composition")  # fmt: skip
_WRONG_SIZE = {"kpi": "hero", "trend": "compact", "comparison": "compact"}
_NEEDED = ("kpi", "trend")


@dataclass(frozen=True, slots=True)
class Placed:
    """A widget of a plan with its true fit in 0..1."""

    scenario: str
    size: str
    fit: float
    size_fits: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The widgets in order, and the needed scenarios that are not among them."""

    placed: tuple[Placed, ...]
    missing: tuple[str, ...]

    def showable(self, rng: Random) -> list["ShowableWidget"]:
        """The widgets with an estimated relevance, which does not depend on their fit."""
        return [
            ShowableWidget(w.scenario, round(min(1.0, max(0.0, rng.gauss(0.75, 0.12))), 2), w.size)
            for w in self.placed
        ]

    @property
    def quality(self) -> float:
        """True quality in 0..1: mean fit, less for a wrong size or a missing widget."""
        fit = sum(widget.fit for widget in self.placed) / len(self.placed)
        misplaced = sum(not widget.size_fits for widget in self.placed) / len(self.placed)
        return max(0.0, fit - 0.2 * misplaced - 0.2 * len(self.missing))


@dataclass(frozen=True, slots=True)
class ShowableWidget:
    """A widget that the caller could show; `relevance` (0..1) is its language model's estimate."""

    scenario: str
    relevance: float
    size: str


def draw_plan(rng: Random, good: bool) -> Plan:
    """Two or three fitting widgets, or a plan that is mostly misfits and wrong sizes."""
    placed = _fitting(rng) if good else _misfitting(rng)
    scenarios = [widget.scenario for widget in placed]
    return Plan(tuple(placed), tuple(name for name in _NEEDED if name not in scenarios))


def plan_body(
    situation: Situation, shown: Iterable[ShowableWidget], select_method: str
) -> dict[str, Any]:
    """The plan in the shape the dashboard reads."""
    equipment, metric = situation.asked
    return {
        "heading": f"{equipment} {metric}",
        "widgets": [
            {
                "scenario": widget.scenario,
                "size": widget.size,
                "relevance": widget.relevance,
                "why": f"{metric} {widget.scenario}",
                "height_units": DEFAULT_HEIGHTS[widget.size],
                "data_request": {"device": situation.device, "metric": metric},
            }
            for widget in shown
        ],
        "select_method": select_method,
    }


def _fitting(rng: Random) -> list[Placed]:
    chosen = list(_FITTING[: rng.randint(2, 3)])
    if rng.random() < 0.3:
        chosen.append(rng.choice(_ALSO_FITTING))
    return [
        Placed(name, size, 0.95 - 0.06 * index, True) for index, (name, size) in enumerate(chosen)
    ]


def _misfitting(rng: Random) -> list[Placed]:
    placed = [
        Placed(name, rng.choice(("normal", "expanded")), 0.12, rng.random() < 0.4)
        for name in rng.sample(_MISFITS, rng.randint(1, 2))
    ]
    if rng.random() < 0.5:
        name = rng.choice(tuple(_WRONG_SIZE))
        placed.insert(rng.randint(0, len(placed)), Placed(name, _WRONG_SIZE[name], 0.5, False))
    return placed
