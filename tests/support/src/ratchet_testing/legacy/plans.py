"""Generates widget plans for a plant's stored history, and the forms of a missing plan."""

from random import Random

from ratchet.measures import CORE_SCENARIOS, DEFAULT_HEIGHTS
from ratchet_testing.legacy.questions import LegacyQuestion

_SIZES = ("hero", "expanded", "normal", "compact", "compact")
_NEVER_KNOWN = 0.006
_UNKNOWN_SCENARIO = "gauge-cluster"
_UNKNOWN_SIZE = "wide"


def draw_widgets(rng: Random, question: LegacyQuestion, good: bool) -> list[dict[str, object]]:
    """Two to five widgets, best first; a good plan begins with the fitting ones."""
    count = rng.choice((2, 3, 3, 4, 4, 5))
    fitting = list(question.topic.fitting)
    others = [name for name in CORE_SCENARIOS if name not in fitting]
    chosen = fitting[: rng.randint(2, 3) if good else rng.randint(0, 1)]
    chosen = (chosen + rng.sample(others, count))[:count]
    return [_widget(rng, name, position) for position, name in enumerate(chosen)]


def plan_fields(
    rng: Random, question: LegacyQuestion, widgets: list[dict[str, object]]
) -> dict[str, object]:
    """`widget_plan` and `fixtures` of a row; without widgets, one form of a missing plan."""
    if not widgets:
        unplanned: tuple[dict[str, object], ...] = (
            {},
            {"widget_plan": None},
            {"widget_plan": {}},
            {"widget_plan": {"heading": question.text, "select_method": "fallback"}},
        )
        return {**rng.choice(unplanned), "fixtures": rng.choice((None, {}))}
    plan = {"heading": question.text, "widgets": widgets, "select_method": "llm"}
    fixtures = {str(widget["scenario"]): f"{widget['scenario']}-default" for widget in widgets}
    return {"widget_plan": plan, "fixtures": fixtures}


def _widget(rng: Random, scenario: str, position: int) -> dict[str, object]:
    size = _SIZES[position]
    return {
        "scenario": _UNKNOWN_SCENARIO if rng.random() < _NEVER_KNOWN else scenario,
        "size": _UNKNOWN_SIZE if rng.random() < _NEVER_KNOWN else size,
        "relevance": round(0.96 - 0.11 * position, 2),
        "why": "",
        "height_units": DEFAULT_HEIGHTS[size],
    }
