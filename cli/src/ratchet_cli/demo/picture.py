"""The picture of the demo: every measure before and after, the rewards, the training."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ratchet.contract import RunFinished
from ratchet_cli.demo.event_summary import EventSummary
from ratchet_cli.demo.measures import MeasureChange, changes_of, share_interval

_BETTER, _WORSE, _SAME, _BEFORE = "#2a7f62", "#c44536", "#5b6b7b", "#c3cbd4"
_INTERVAL = "#22282e"
_COLORS = {"better": _BETTER, "worse": _WORSE, "same": _SAME, "changed": _SAME}
_WIDTH = 10.0
_ROW, _AXIS, _PANELS = 0.62, 1.0, 2.9
"""Inches: of each measure, of their title and axis, and of the panels below."""
_BAR = 0.36


def draw(summary: EventSummary, path: Path) -> None:
    """Write the picture to `path` as PNG; stages without events are titled as missing."""
    shown = [change for change in changes_of(summary.finished) if change.in_unit and change.n]
    top = max(len(shown), 2) * _ROW + _AXIS
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08)
    figure = Figure(figsize=(_WIDTH, top + _PANELS), layout=layout, dpi=110)
    grid = figure.add_gridspec(2, 1, height_ratios=(top, _PANELS))
    measures, panels = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    measures.suptitle(_title(summary.finished), x=0.02, ha="left", fontsize=14, weight="bold")
    _before_after(measures.subplots(), summary.finished, shown)
    rewards, curve = panels.subplots(1, 2)
    _rewards(rewards, [one.total for one in summary.rewards.values()])
    _curve(curve, summary.finished)
    FigureCanvasAgg(figure)
    figure.savefig(path)


def _title(run: RunFinished | None) -> str:
    if run is None:
        return "No run finished"
    return f"Answers to questions never seen in training. Verdict: {run.verdict}"


def _before_after(axes: Axes, run: RunFinished | None, changes: Sequence[MeasureChange]) -> None:
    """Two bars for each measure, each with its 95 % interval; the change is written beside them."""
    axes.spines[["top", "right"]].set_visible(False)
    if run is None or not changes:
        axes.set_axis_off()
        text = f"No model was judged: {run.reason}" if run else "Nothing was measured."
        axes.text(0.5, 0.5, text, ha="center", va="center", fontsize=13, wrap=True)
        return
    for row, change in enumerate(changes):
        color = _COLORS[change.direction]
        _bar(axes, row - _BAR / 2, change.before, change, _BEFORE)
        _bar(axes, row + _BAR / 2, change.after, change, color)
        axes.text(
            1.06,
            row,
            f"{change.before:.0%} → {change.after:.0%}\n{change.verdict}",
            color=color,
            fontsize=11,
            fontweight="bold" if change.certain else "normal",
            va="center",
        )
    labels = [f"{one.title}\n{one.wanted} is better, n = {one.n}" for one in changes]
    axes.set_yticks(range(len(changes)), labels, fontsize=11)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(changes) - 0.5, -0.5)
    axes.set_xlim(0, 1.42)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(ticks, [f"{tick:.0%}" for tick in ticks])
    axes.spines["bottom"].set_bounds(0, 1)
    keys = {"before": _BEFORE, "after: better": _BETTER, "after: worse": _WORSE}
    handles: list[Artist] = [Patch(color=color, label=key) for key, color in keys.items()]
    handles.append(Line2D([], [], color=_INTERVAL, marker="|", label="95 % interval"))
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0, -0.05), ncols=4, frameon=False
    )


def _bar(axes: Axes, place: float, value: float, change: MeasureChange, color: str) -> None:
    low, high = share_interval(value, change.n or 1)
    axes.barh(place, value, _BAR, color=color)
    axes.plot([low, high], [place, place], "|-", color=_INTERVAL, lw=1.3, markersize=7)


def _rewards(axes: Axes, totals: list[float]) -> None:
    axes.set_title(f"Rewards of {len(totals)} answers", fontsize=11, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    bins = [edge / 10 for edge in range(-20, 21, 2)]
    axes.hist([t for t in totals if t >= 0], bins=bins, color=_BETTER, label="0 and above")
    axes.hist([t for t in totals if t < 0], bins=bins, color=_WORSE, label="below 0")
    axes.set_xlabel("total reward")
    axes.set_ylabel("answers")
    if totals:
        axes.legend(frameon=False)
    else:
        axes.set(xticks=[], yticks=[])


def _curve(axes: Axes, run: RunFinished | None) -> None:
    points = run.curve if run else ()
    title = f"Training ({run.method}, {run.pairs} examples)" if run and points else "No training"
    axes.set_title(title, fontsize=11, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.plot([p.step for p in points], [p.loss for p in points], color=_SAME)
    axes.set_xlabel("step")
    axes.set_ylabel("loss (less is better)")
    axes.set_ylim(bottom=0)
    if not points:
        axes.set(xticks=[], yticks=[])
