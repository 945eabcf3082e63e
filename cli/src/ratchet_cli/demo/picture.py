"""The picture of the demo: rewards, the training curve, scores before and after."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ratchet.contract import RunFinished, Scores
from ratchet_cli.demo.event_summary import EventSummary

_GOOD, _BAD, _BEFORE = "#2a7f62", "#c44536", "#9aa5b1"
_SCORES = {
    "preference_accuracy": "preference\naccuracy",
    "text_quality": "text\nquality",
    "grounded_accuracy": "grounded\naccuracy",
    "json_validity": "plan\nvalidity",
}


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
    axes.set_title(f"held-out questions: {run.verdict}" if run else "no verdict")
    axes.set_ylim(0, 1.12)
    if run is None or run.before is None or run.after is None:
        return
    names = [name for name in _SCORES if _known(run.before, run.after, name)]
    for offset, color, label, scores in (
        (-0.2, _BEFORE, "before", run.before),
        (0.2, _GOOD, "after", run.after),
    ):
        bars = axes.bar(
            [place + offset for place in range(len(names))],
            [getattr(scores, name) for name in names],
            width=0.38,
            color=color,
            label=label,
        )
        axes.bar_label(bars, fmt="%.2f", padding=2)
    axes.set_xticks(range(len(names)), [_SCORES[name] for name in names])
    axes.legend(frameon=False, loc="upper left", ncols=2)


def _known(before: Scores, after: Scores, name: str) -> bool:
    return getattr(before, name) is not None and getattr(after, name) is not None
