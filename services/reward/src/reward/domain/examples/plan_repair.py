"""The widget plan that should have been, by what the judge said of the one that was shown."""

from collections.abc import Sequence
from typing import NamedTuple

from ratchet.measures import DEFAULT_HEIGHTS, HEIGHT_BUDGET, SCENARIOS, SIZES, scenario_named
from reward.domain.scoring.components import per_widget_appropriateness, size_appropriateness
from reward.domain.scoring.reaction import WidgetVerdict
from reward.domain.scoring.weights import Weights
from reward.domain.state.answer import PlanWidget

BAD_BELOW = 0.5
_ADDED_SIZE = "normal"
_ASKED_FOR = 1.0
_LADDER = ("compact", "normal", "expanded", "hero")


class Repaired(NamedTuple):
    """`reward` is what the judge's own scores make of it: a widget it missed counts as 1."""

    widgets: tuple[PlanWidget, ...]
    reward: float


def repaired_plan(
    shown: Sequence[PlanWidget],
    judged: Sequence[WidgetVerdict],
    missing: Sequence[str],
    weights: Weights,
) -> Repaired | None:
    """Bad widgets out, missing ones in, sizes right, within the height budget.

    A widget is bad below a score of 0.5; one nobody judged stays. A size called wrong moves one
    step the way the issues ask, else towards the middle. None where nothing is left to show or
    nothing had to change.
    """
    verdicts = {verdict.position: verdict for verdict in judged}
    kept: list[tuple[PlanWidget, float | None]] = []
    for position, widget in enumerate(shown):
        verdict = verdicts.get(position)
        bad = verdict is not None and verdict.score is not None and verdict.score < BAD_BELOW
        if widget.scenario in SCENARIOS and not bad:
            kept.append((_resized(widget, verdict), verdict.score if verdict else None))
    there = {widget.scenario for widget, _ in kept}
    for name in missing:
        scenario = scenario_named(name)
        if scenario is not None and scenario not in there:
            kept.append((PlanWidget(scenario, _ADDED_SIZE), _ASKED_FOR))
            there.add(scenario)
    fitting = _within_budget(kept)
    widgets = tuple(widget for widget, _ in fitting)
    if not widgets or widgets == tuple(shown):
        return None
    scores = [
        WidgetVerdict(position, score, True, None)
        for position, (_, score) in enumerate(fitting)
        if score is not None
    ]
    reward = weights.per_widget_appropriateness * per_widget_appropriateness(scores)
    return Repaired(widgets, reward + weights.size_appropriateness * size_appropriateness(scores))


def _resized(widget: PlanWidget, verdict: WidgetVerdict | None) -> PlanWidget:
    if widget.size not in SIZES:
        return widget._replace(size=_ADDED_SIZE)
    if verdict is None or verdict.size_fits is not False:
        return widget
    step = _LADDER.index(widget.size)
    grow = verdict.wanted == "larger" if verdict.wanted else step < len(_LADDER) / 2
    return widget._replace(size=_LADDER[min(step + 1, 3) if grow else max(step - 1, 0)])


def _within_budget(
    kept: Sequence[tuple[PlanWidget, float | None]],
) -> list[tuple[PlanWidget, float | None]]:
    """Make the last widgets smaller, then drop them: the first matter most."""
    fitting = list(kept)
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
