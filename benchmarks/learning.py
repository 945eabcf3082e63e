"""Measures what one run teaches the small model, on questions of a held-out plant area.

    python benchmarks/learning.py [dpo kto sft] [--pairs 80] [--site german] [--wrong-thumbs 0.2]
    python benchmarks/learning.py --planted [--record]

DPO learns from pairs of a good and a bad answer to one question, KTO from the same texts as single
labels, SFT from simulated traces. A whole area (its devices and its phrasings) is held out, and
every fourth wording of questions and answers; the trainer's child process trains and evaluates.
Prints the measures with 95 % intervals of the gains, and the bars. `--wrong-thumbs` is the share of
the training pairs whose sides are swapped, as by an operator's wrong thumb.

With `--planted` it trains one honest adapter and four that bad feedback misleads, and prints the
gate's verdicts. `--record` also writes their answers to tests/trainer/planted, for the tests of the
gate. The figures and even some verdicts depend on the number of threads.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path
from random import Random
from typing import Any, get_args

from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table
from training_data.examples import START, draw, labels_of
from training_data.recorded_answers import FOLDER, AdapterAnswers, BaseAnswers, ruling_on
from training_data.runs import CACHE, RECIPE, Ran, Report, printed, run
from training_data.school import LESSONS, School

from ingest.domain.traces import Trace, trace_captured
from ratchet.contract import Interval, Method, PairBuilt, TraceCaptured, derived_id
from simulator import SITES
from simulator.plant import AREAS
from simulator.traces import simulate_traces

_AREA = "production"
_BARS = {"grounded_accuracy": (0.95, 0.9), "invented": (0.02, 0.03), "right_device": (0.98, 0.98)}
"""By measure: the bar, and that with wrong thumbs."""
_KTO_WITHIN = 0.03
_SHOWN = (
    "text_quality", "grounded_accuracy", "invented", "untrue", "precision", "right_device",
    "refused", "absent", "likelihood", "preference_accuracy",
)  # fmt: skip


def planted(record: bool) -> None:
    """Train the planted adapters and print the verdicts; with `record` also store the answers."""
    with tempfile.TemporaryDirectory() as directory:
        school = School(Path(directory), CACHE)
        base = school.base_answers()
        answers: dict[str, BaseAnswers | AdapterAnswers] = {"base": base}
        for name in LESSONS:
            answers[name] = adapter = school.answers_after(name)
            ruling = ruling_on(base, adapter)
            print(f"{name}: {ruling.verdict}: {ruling.reason}", flush=True)
            for measure, gain in ruling.figures.together.items():
                print(f"  {measure:20} {figure(gain)}", flush=True)
    for name in answers if record else ():
        (FOLDER / f"{name}.json").write_text(answers[name].model_dump_json() + "\n")


async def main(arguments: argparse.Namespace) -> None:
    seed = arguments.seed
    site = SITES[arguments.site]
    taught = (arguments.pairs, arguments.widget)
    pairs = draw(seed, _AREA, False, *taught, site=site, wording="taught")
    pairs = with_wrong_thumbs(pairs, arguments.wrong_thumbs, seed)
    unseen = (arguments.held_out, arguments.widget_held_out)
    held_out = draw(seed + 1000, _AREA, True, *unseen, site=site, wording="held_out")
    datasets: dict[Method, tuple[list[Any], list[Any]]] = {
        "dpo": (list(pairs), list(held_out)),
        "kto": (list(labels_of(pairs, seed)), list(labels_of(held_out, seed))),
        "sft": (
            list(traces(seed, arguments.traces, unseen=False)),
            list(traces(seed + 1000, arguments.held_out, unseen=True)),
        ),
    }
    recipe = RECIPE.model_copy(
        update={
            part: getattr(RECIPE, part).model_copy(update=getattr(arguments, part))
            for part in (*datasets, "rounds")
        }
    )
    report: Report = printed if arguments.verbose else lambda progress: None
    done: dict[Method, Ran] = {}
    for method in arguments.methods:
        train, judged = datasets[method]
        done[method] = await run(method, train, judged, recipe, report=report)
        print_report(method, len(train), done[method], arguments.show)
    Console().print(beside_the_bars(done, arguments))


def traces(seed: int, count: int, unseen: bool) -> list[TraceCaptured]:
    """Demonstrations about the held-out area if `unseen`, else about all other areas."""
    area = next(area for area in AREAS if area.name == _AREA)
    names = tuple(area.equipment)
    results: list[TraceCaptured] = []
    for row in simulate_traces(seed, 8 * count, start=START, absent_share=0):
        event = trace_captured(Trace.model_validate(row), derived_id(row["trace_id"]), START)
        about = any(name in event.question.text.casefold() for name in names)
        if event.is_demonstration and about == unseen:
            results.append(event)
    return results[:count]


def print_report(method: Method, count: int, ran: Ran, shown: int) -> None:
    before, after = ran.scores
    print(f"\n{method}: {count} examples, {ran.trained.precision}, {ran.seconds:.0f} s in all")
    print(f"  stages {ran.trained.seconds}")
    for name in _SHOWN:
        if name in ran.gains:
            values = f"{getattr(before, name):.3f} -> {getattr(after, name):.3f}"
            print(f"  {name:20} {values}  {figure(ran.gains[name])}")
    print(f"  {ran.ruling.verdict}: {ran.ruling.reason}")
    old, new = ran.trained.before.answers, ran.trained.after.answers
    for case in [c for c in ran.trained.held_out if c.case_id in new][:shown]:
        print(f"  ? {case.question.text}\n  - {old[case.case_id]!r}\n  + {new[case.case_id]!r}")


def with_wrong_thumbs(pairs: list[PairBuilt], share: float, seed: int) -> list[PairBuilt]:
    """The pairs with a drawn share of them the wrong way round."""
    wrong = set(Random(seed).sample(range(len(pairs)), round(share * len(pairs))))
    return [
        pair.model_copy(update={"chosen": pair.rejected, "rejected": pair.chosen})
        if at in wrong
        else pair
        for at, pair in enumerate(pairs)
    ]


def beside_the_bars(done: dict[Method, Ran], arguments: argparse.Namespace) -> Table:
    title = f"questions of an area never seen, site {arguments.site}"
    if arguments.wrong_thumbs:
        title += f", {arguments.wrong_thumbs:.0%} of the thumbs wrong"
    table = Table("", "before", "after", "bar", title=title)
    for method, ran in done.items():
        before, after = ran.scores
        for name, bars in _BARS.items():
            bar = bars[arguments.wrong_thumbs > 0]
            sign = "<=" if name == "invented" else ">="
            old, new = getattr(before, name), getattr(after, name)
            if old is not None and new is not None:
                table.add_row(f"{method}: {name}", f"{old:.3f}", f"{new:.3f}", f"{sign} {bar}")
        table.add_row(f"{method}: verdict", "", ran.ruling.verdict, "accepted")
    if "dpo" in done and "kto" in done:
        dpo, kto = (done[m].scores[1].grounded_accuracy or 0.0 for m in ("dpo", "kto"))
        table.add_row("kto: grounded", f"dpo {dpo:.3f}", f"{kto:.3f}", f"within {_KTO_WITHIN}")
    return table


def figure(gain: Interval) -> str:
    return f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}], {gain.n} cases"


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    as_object = TypeAdapter(dict[str, Any]).validate_json
    parser.add_argument("methods", nargs="*", default=["dpo", "kto", "sft"])
    parser.add_argument("--pairs", type=int, default=80)
    parser.add_argument("--held-out", type=int, default=100)
    parser.add_argument("--site", choices=sorted(SITES), default="numbered")
    parser.add_argument("--wrong-thumbs", type=float, default=0.0)
    parser.add_argument("--widget", type=int, default=0)
    parser.add_argument("--widget-held-out", type=int, default=0)
    parser.add_argument("--traces", type=int, default=100)
    parser.add_argument("--seed", type=int, default=42)
    for part in (*get_args(Method), "rounds"):
        parser.add_argument(f"--{part}", type=as_object, default={}, help="JSON: other settings")
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--planted", action="store_true")
    parser.add_argument("--record", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = parsed()
    if arguments.planted:
        planted(arguments.record)
    else:
        asyncio.run(main(arguments))
