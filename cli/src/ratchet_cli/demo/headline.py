"""The first lines of the report: what changed for whoever listens, in counts."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ratchet.contract import Answer, RunFinished
from ratchet_cli.demo.answers_shown import worth
from ratchet_cli.demo.measures import MeasureChange, changes_of

_LINES = {
    "grounded_accuracy": "Asked reading stated correctly",
    "untrue": "Something false, or not what was asked",
    "right_device": "Right device named",
}
_OF_FAULTS: dict[str, Callable[[Sequence[str]], bool]] = {
    "untrue": lambda faults: worth(faults) == 0,
    "right_device": lambda faults: "wrong_device" not in faults,
}
"""Which answers count in runs that have their faults and not the figure."""


class Headline(NamedTuple):
    """`lines` are the three counts, `worse` one line for each measure that got worse."""

    lines: tuple[str, ...]
    worse: tuple[str, ...]


def headline(run: RunFinished | None) -> Headline:
    if run is None:
        return Headline(("No run was finished: nothing was measured.",), ())
    changes = changes_of(run)
    if not changes:
        return Headline((f"No model was judged ({run.verdict}): {run.reason}",), ())
    by_name = {change.measure: change for change in changes}
    lines = [_line(name, by_name.get(name), run) for name in _LINES]
    worse = [_worse(change) for change in changes if change.direction == "worse"]
    return Headline(tuple(lines), tuple(worse))


def _line(measure: str, change: MeasureChange | None, run: RunFinished) -> str:
    title, counts = _LINES[measure], _OF_FAULTS.get(measure)
    if change is not None and change.n:
        n = change.n
        before, after = round(change.before * n), round(change.after * n)
    elif counts is not None and (judged := _judged(run.answers)):
        n = len(judged)
        before, after = (sum(counts(pair[side]) for pair in judged) for side in (0, 1))
    else:
        return f"{title}: not measured"
    return f"{title}: {before} of {n} before, {after} of {n} after"


def _judged(answers: tuple[Answer, ...]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [
        (one.faults_before, one.faults_after)
        for one in answers
        if one.faults_before is not None and one.faults_after is not None
    ]


def _worse(change: MeasureChange) -> str:
    figures = f"{change.title}: {change.before:.2f} before, {change.after:.2f} after"
    if change.gain is None:
        return f"{change.verdict.capitalize()}: {figures}"
    low, high = change.gain.low, change.gain.high
    interval = f"change {low:+.2f} to {high:+.2f}, n = {change.n}"
    return f"{change.verdict.capitalize()}: {figures} ({interval})"
