"""Simulated operators: their hidden preferences and their reactions."""

from dataclasses import dataclass
from random import Random

from simulator.answers import SimulatedAnswer
from simulator.answers.shapes import corrected
from simulator.situations import Situation
from simulator.widgets import Plan

_SLIPPED_THUMB = 0.04
_RATES = 0.94
_PLEASED_FROM = 0.55
_BRIEF_WORDS = 28
_PLEASED_FOLLOW_UPS = ("satisfied", "satisfied", "new_topic", None)
_DISPLEASED_FOLLOW_UPS = ("correction", "repeat", "refinement", None)


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator with preference weights that sum to 1; the truth of the answer weighs most."""

    user_id: str
    truth: float
    brevity: float
    widgets: float


def draw_operators(rng: Random, count: int) -> tuple[Operator, ...]:
    """Operators with three kinds of preferences: truth only, also brevity, also widgets."""
    operators = []
    for number in range(1, count + 1):
        brevity, widgets = rng.choice(((0.05, 0.1), (0.2, 0.1), (0.05, 0.3)))
        truth = 1 - brevity - widgets
        operators.append(Operator(f"operator-{number:02d}", truth, brevity, widgets))
    return tuple(operators)


def satisfaction(operator: Operator, answer: SimulatedAnswer, plan: Plan) -> float:
    """The operator's true satisfaction, in 0..1."""
    brief = 1.0 if len(answer.text.split()) <= _BRIEF_WORDS else 0.4
    return (
        operator.truth * answer.quality + operator.brevity * brief + operator.widgets * plan.quality
    )


def is_pleased(rng: Random, satisfied: float) -> bool:
    """Whether the operator is pleased, given a satisfaction in 0..1, with noise."""
    return satisfied + rng.gauss(0, 0.04) > _PLEASED_FROM


def draw_rating(rng: Random, pleased: bool) -> str | None:
    """The rating: sometimes None, sometimes the wrong one."""
    if rng.random() >= _RATES:
        return None
    slipped = rng.random() < _SLIPPED_THUMB
    return "up" if pleased != slipped else "down"


def reaction_body(
    rng: Random, pleased: bool, rating: str | None, situation: Situation, plan: Plan
) -> dict[str, object]:
    """Interactions (0-based widget index), and the optional rating, follow-up and correction."""
    body: dict[str, object] = {"interactions": _interactions(rng, plan)}
    if rating is not None:
        body["rating"] = rating
    follow_up = rng.choice(_PLEASED_FOLLOW_UPS if pleased else _DISPLEASED_FOLLOW_UPS)
    if follow_up is not None:
        body["follow_up_type"] = follow_up
    if follow_up == "correction":
        body["correction"] = corrected(rng, situation)
    return body


def draw_delay(rng: Random) -> float:
    """Seconds until the reaction: mostly soon, sometimes hours or days later."""
    scale = rng.choices((20.0, 1_800.0, 100_000.0), (0.7, 0.2, 0.1))[0]
    return round(2 + rng.expovariate(1 / scale), 1)


def draw_interaction(rng: Random, index: int) -> dict[str, object]:
    """A random interaction with the widget at `index`, counted from 0."""
    action = rng.choice(("view", "view", "expand", "scroll", "click", "drill_down"))
    return {"widget_index": index, "action": action, "duration_ms": rng.randint(400, 9000)}


def _interactions(rng: Random, plan: Plan) -> list[dict[str, object]]:
    return [
        draw_interaction(rng, index)
        for index, widget in enumerate(plan.placed)
        if rng.random() < 0.2 + 0.6 * widget.fit
    ]
