"""Repairs a widget plan by the judge's scores of its widgets."""

from collections.abc import Sequence
from typing import NamedTuple

from ratchet.measures import DEFAULT_HEIGHTS, HEIGHT_BUDGET, SCENARIOS, SIZES, scenario_named
from reward.domain.answers.reaction import WidgetScore
from reward.domain.answers.recorded_answer import PlanWidget
from reward.domain.scoring.components import per_widget_appropriateness, size_appropriateness
from reward.domain.scoring.weights import RewardWeights

BAD_BELOW = 0.5
_ADDED_SIZE = "normal"
_MISSED_SCORE = 1.0
_LADDER = ("compact", "normal", "expanded", "hero")


class RepairedPlan(NamedTuple):
    """`reward` follows from the judge's own scores; a widget that it missed counts as 1."""

    widgets: tuple[PlanWidget, ...]
    reward: float


def repaired_plan(
    shown: Sequence[PlanWidget],
    judged: Sequence[WidgetScore],
    missing: Sequence[str],
    weights: RewardWeights,
) -> RepairedPlan | None:
    """`shown` without bad widgets, with missing ones, in fitting sizes, within the height budget.

    A widget is bad below a score of 0.5; one without a score remains. A wrong size moves one step
    in the direction that the judge suggests, else towards the middle. Returns None if no widget
    remains or none had to change.
    """
    scores = {score.position: score for score in judged}
    fitted: list[tuple[PlanWidget, float | None]] = []
    for position, widget in enumerate(shown):
        judgement = scores.get(position)
        score = judgement.score if judgement else None
        if widget.scenario in SCENARIOS and (score is None or score >= BAD_BELOW):
            fitted.append((_resized(widget, judgement), score))
    present = {widget.scenario for widget, _ in fitted}
    for name in missing:
        scenario = scenario_named(name)
        if scenario is not None and scenario not in present:
            fitted.append((PlanWidget(scenario, _ADDED_SIZE), _MISSED_SCORE))
            present.add(scenario)
    fitting = _within_budget(fitted)
    widgets = tuple(widget for widget, _ in fitting)
    if not widgets or widgets == tuple(shown):
        return None
    expected = [
        WidgetScore(position, score, True, None)
        for position, (_, score) in enumerate(fitting)
        if score is not None
    ]
    reward = weights.per_widget_appropriateness * per_widget_appropriateness(expected)
    return RepairedPlan(
        widgets, reward + weights.size_appropriateness * size_appropriateness(expected)
    )


def _resized(widget: PlanWidget, judgement: WidgetScore | None) -> PlanWidget:
    if widget.size not in SIZES:
        return widget._replace(size=_ADDED_SIZE)
    if judgement is None or judgement.size_fits is not False:
        return widget
    step = _LADDER.index(widget.size)
    grow = judgement.wanted == "larger" if judgement.wanted else step < len(_LADDER) / 2
    return widget._replace(size=_LADDER[min(step + 1, 3) if grow else max(step - 1, 0)])


def _within_budget(
    fitted: Sequence[tuple[PlanWidget, float | None]],
) -> list[tuple[PlanWidget, float | None]]:
    """Shrink the last widgets, then drop them: the first ones matter most."""
    fitting = list(fitted)
    while sum(DEFAULT_HEIGHTS[widget.size] for widget, _ in fitting) > HEIGHT_BUDGET:
        for index in reversed(range(len(fitting))):
            widget, score = fitting[index]
            if widget.size != _LADDER[0]:
                smaller = _LADDER[_LADDER.index(widget.size) - 1]
                fitting[index] = (widget._replace(size=smaller), score)
                break
        else:
            fitting.pop()
    return fitting
