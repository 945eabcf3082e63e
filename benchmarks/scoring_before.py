"""Measures the scoring of a checkout beside that of an earlier one.

Run: python benchmarks/scoring.py --before CHECKOUT

Each checkout scores the same answers in a process of its own, in alternating rounds.
"""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from subprocess import PIPE, Popen
from time import thread_time
from types import SimpleNamespace
from typing import Any

from rich.table import Table

ROUNDS = 60
SOURCES = ("text/src", "truth/src", "shared/src", "services/reward/src", "simulator/src", ".")
WHAT = ("score one experience, µs", "its text quality alone, µs")
HERE = Path(__file__).parents[1]


def beside(before: Path, turns: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> Table:
    """The medians of both checkouts, and the median ratio of their neighboring rounds."""
    children = [_child(checkout, turns) for checkout in (before.resolve(), HERE)]
    rounds = [[_round(child) for child in children] for _ in range(ROUNDS + 1)][1:]
    for child in children:
        child.communicate()
    table = Table(
        "", "before", "now", "now / before", title=f"{ROUNDS} alternating rounds, medians"
    )
    for index, what in enumerate(WHAT):
        pairs = [(old[index], new[index]) for old, new in rounds]
        table.add_row(
            what,
            *(f"{median(times):.1f}" for times in zip(*pairs, strict=True)),
            f"{median(new / old for old, new in pairs):.3f}",
        )
    return table


def _child(checkout: Path, turns: object) -> "Popen[str]":
    command = [sys.executable, __file__, str(checkout)]
    child = Popen(command, stdin=PIPE, stdout=PIPE, text=True)
    print(json.dumps(turns), file=child.stdin, flush=True)
    return child


def _round(child: "Popen[str]") -> list[float]:
    print(file=child.stdin, flush=True)
    assert child.stdout is not None
    times: list[float] = json.loads(child.stdout.readline())
    return times


def round_us(call: Callable[..., object], arguments: Iterable[tuple[Any, ...]]) -> float:
    """Median microseconds of one call, in CPU time: other processes do not count."""
    spent = []
    for each in arguments:
        began = thread_time()
        call(*each)
        spent.append(thread_time() - began)
    return 1e6 * median(spent)


def measure(checkout: Path) -> None:
    """Answer each line of the standard input with the medians of one round in a checkout."""
    sys.path[:0] = [str(checkout / part) for part in SOURCES if (checkout / part).is_dir()]
    from benchmarks import scoring

    from ratchet.measures import rule_quality

    turns: list[Any] = [
        SimpleNamespace(experience=row, feedback=[SimpleNamespace(body=body) for body in bodies])
        for row, bodies in json.loads(sys.stdin.readline())
    ]
    scored = [scoring.case_of(turn)[:2] for turn in turns]
    texts = [(answer.voice, answer.transcript) for answer, _ in scored]
    for _ in sys.stdin:
        times = round_us(scoring.score_one, scored), round_us(rule_quality, texts)
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    measure(Path(sys.argv[1]))
