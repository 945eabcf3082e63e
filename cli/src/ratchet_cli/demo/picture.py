"""The picture of the demo: rewards, the training curve, scores before and after."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ratchet.contract import RunFinished, Scores
from ratchet_cli.demo.event_summary import EventSummary

_GOOD, _BAD, _BEFORE = "#2a7f62", "#c44536", "#9aa5b1"
_MEASURES = {
    "preference_accuracy": "preferred answer is likelier",
    "text_quality": "text quality",
    "grounded_accuracy": "states the reading,\ninvents no number",
    "invented": "invents a number\n(lower is better)",
    "json_validity": "valid widget plan",
}
_LOWER_IS_BETTER = {"invented"}


def draw(summary: EventSummary, path: Path) -> None:
    """Write the picture to `path` as PNG; stages without events are titled as missing."""
    figure = Figure(figsize=(15, 4.6), layout="constrained", dpi=110)
    rewards, curve, scores = figure.subplots(1, 3)
    _rewards(rewards, [scored.total for scored in summary.rewards.values()])
    _curve(curve, summary.finished)
    _before_after(scores, summary.finished)
    FigureCanvasAgg(figure)
    figure.savefig(path)


def _rewards(axes: Axes, totals: list[float]) -> None:
    axes.set_title(f"rewards of {len(totals)} answered questions")
    bins = [edge / 10 for edge in range(-20, 21, 2)]
    axes.hist([t for t in totals if t >= 0], bins=bins, color=_GOOD, label="0 and above")
    axes.hist([t for t in totals if t < 0], bins=bins, color=_BAD, label="below 0")
    axes.set_xlabel("total reward")
    axes.set_ylabel("answers")
    axes.legend(frameon=False)


def _curve(axes: Axes, run: RunFinished | None) -> None:
    points = run.curve if run else ()
    axes.set_title(f"training loss ({run.method}, {run.pairs} pairs)" if run else "no run")
    axes.plot([p.step for p in points], [p.loss for p in points], color=_BAD, label="loss")
    axes.set_xlabel("optimizer step")
    axes.set_ylabel("loss")
    axes.set_ylim(bottom=0)
    margins = axes.twinx()
    known = [(p.step, p.margin) for p in points if p.margin is not None]
    margins.plot(
        [step for step, _ in known], [margin for _, margin in known], color=_GOOD, label="margin"
    )
    margins.set_ylabel("reward margin, chosen over rejected", color=_GOOD)


def _before_after(axes: Axes, run: RunFinished | None) -> None:
    """One row per measure; the bar is the 95 % interval of the paired gain, from `before`."""
    axes.set_title(f"held-out questions: {run.verdict}" if run else "no verdict")
    axes.set_xlim(-0.05, 1.05)
    if run is None or run.before is None or run.after is None:
        return
    labels = []
    for row, name in enumerate(_known_measures(run.before, run.after)):
        before, after = getattr(run.before, name), getattr(run.after, name)
        gain = run.gains.get(name)
        worse = after > before if name in _LOWER_IS_BETTER else after < before
        color = _BAD if worse else _GOOD
        if gain is not None:
            axes.plot(
                [before + gain.low, before + gain.high], [row, row], color=color, lw=5, alpha=0.3
            )
        axes.plot([before, after], [row, row], color=color, lw=1)
        axes.plot(before, row, "o", color=_BEFORE)
        axes.plot(after, row, "o", color=color)
        axes.annotate(f"{before:.2f} → {after:.2f}", (0.5, row - 0.3), ha="center", color=color)
        cases = f"\nn = {gain.n}" if gain is not None else ""
        labels.append(f"{_MEASURES[name]}{cases}")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.7)
    axes.set_xlabel("before (gray), after, 95 % interval")


def _known_measures(before: Scores, after: Scores) -> list[str]:
    return [
        name
        for name in _MEASURES
        if getattr(before, name) is not None and getattr(after, name) is not None
    ]
