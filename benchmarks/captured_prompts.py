"""Compares training on our prompts with training on those that an application really sends.

    python benchmarks/captured_prompts.py [--pairs 80] [--held-out 100] [--show 20]

The same questions, readings and answers come in two forms: in our prompt, and as the messages of an
application that the gateway records. One DPO run learns each form, with the recipe of
`learning.py`, and is asked the questions of a plant area that training never saw in both forms.
Prints the shares of the answers, the gains in grounded accuracy with 95 % intervals, and the bars.
`--show` prints that many answers. A small run:

    python benchmarks/captured_prompts.py --pairs 8 --held-out 4 --variation '{"copies": 0}'
"""

import argparse
import asyncio
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table
from training_data.captured import captured_messages
from training_data.examples import Served, draw
from training_data.runs import RECIPE, Ran, Report, printed, run

from ratchet.contract import Interval, PairBuilt, Scores
from trainer.domain.evaluation.bootstrap import paired_gain
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.evaluation.scores import ModelScores

_AREA = "production"
_WITHIN = 0.03
_SHOWN = {"grounded_accuracy": "grounded", "invented": "invented", "right_device": "right device"}
_ASK_ALL = GateRules(early_error=0)
FORMS: Mapping[str, Served | None] = {"ours": None, "captured": captured_messages}


async def main(arguments: argparse.Namespace) -> bool:
    seed, count = arguments.seed, arguments.held_out
    taught = {name: pairs(seed, False, arguments.pairs, served) for name, served in FORMS.items()}
    asked = [pair for served in FORMS.values() for pair in pairs(seed + 1000, True, count, served)]
    judging = RECIPE.judging.model_copy(update={"questions": len(asked)})
    variation = RECIPE.variation.model_copy(update=arguments.variation)
    recipe = RECIPE.model_copy(update={"judging": judging, "variation": variation})
    report: Report = printed if arguments.verbose else lambda progress: None
    models: dict[str, ModelScores] = {}
    cases: tuple[Case, ...] = ()
    for name, train in taught.items():
        ran = await run("dpo", train, asked, recipe, regression=None, report=report, gate=_ASK_ALL)
        cases = ran.trained.cases
        models |= {"base": ran.trained.before, name: ran.trained.after}
        print_run(name, ran)
    by_form = {name: [case for case in cases if form_of(case) == name] for name in FORMS}
    for name, model in models.items():
        print_answers(name, model, by_form, arguments.show)
    Console(width=110).print(shares(models, by_form))
    gains = gains_of(models, by_form, recipe.seed)
    table, passed = beside_the_bars(gains)
    Console(width=110).print(table)
    return passed


def pairs(seed: int, unseen: bool, count: int, served: Served | None) -> list[PairBuilt]:
    """Pairs about the held-out area if `unseen`, with wordings that training never saw."""
    wording = "held_out" if unseen else "taught"
    return draw(seed, _AREA, unseen, count, 0, wording=wording, served=served)


def form_of(case: Case) -> str:
    return "captured" if case.messages else "ours"


def gains_of(
    models: Mapping[str, ModelScores], by_form: Mapping[str, list[Case]], seed: int
) -> dict[tuple[str, str], Interval]:
    """The gains in grounded accuracy over the base, by what was taught and in which form asked."""
    found = {}
    for form, cases in by_form.items():
        ids = [case.case_id for case in cases]
        before = models["base"].scores_of("grounded_accuracy", ids)
        for name in FORMS:
            after = models[name].scores_of("grounded_accuracy", ids)
            both = [one for one in ids if one in before and one in after]
            found[name, form] = paired_gain(
                [before[one] for one in both], [after[one] for one in both], seed
            )
    return found


def shares(models: Mapping[str, ModelScores], by_form: Mapping[str, list[Case]]) -> Table:
    table = Table("trained on", "asked in", "questions", *_SHOWN.values(), "text quality")
    for name, model in models.items():
        for form, cases in by_form.items():
            means = model.means(cases)
            row = [figure_of(means, measure) for measure in (*_SHOWN, "text_quality")]
            table.add_row(name, form, str(len(cases)), *row)
    return table


def beside_the_bars(gains: Mapping[tuple[str, str], Interval]) -> tuple[Table, bool]:
    """The gains with what is required of them, and whether all of it holds."""
    ours, lost = gains["ours", "ours"].mean, gains["ours", "captured"].mean
    gained = gains["captured", "captured"].mean
    bars = {
        ("ours", "ours"): ("", True),
        ("captured", "captured"): (f">= {ours - _WITHIN:.3f}", gained >= ours - _WITHIN),
        ("ours", "captured"): (f"< {gained:.3f}", lost < gained),
        ("captured", "ours"): ("", True),
    }
    table = Table("trained on", "asked in", "gain in grounded accuracy", "bar", "")
    for (name, form), (bar, holds) in bars.items():
        gain = gains[name, form]
        shown = f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
        table.add_row(name, form, shown, bar, "" if not bar else "yes" if holds else "NO")
    return table, all(holds for _, holds in bars.values())


def figure_of(means: Scores, measure: str) -> str:
    value = getattr(means, measure)
    return "" if value is None else f"{value:.3f}"


def print_run(name: str, ran: Ran) -> None:
    trained = ran.trained
    counts = f"{trained.taught} pairs, {trained.copies} copies, left out {trained.left_out.counts}"
    print(f"trained on {name}: {counts}, {ran.seconds:.0f} s, {trained.seconds}", flush=True)


def print_answers(
    name: str, model: ModelScores, by_form: Mapping[str, list[Case]], most: int
) -> None:
    for form, cases in by_form.items():
        for case in cases[:most]:
            grounded = model.scores_of("grounded_accuracy", [case.case_id]).get(case.case_id)
            answer = model.answers.get(case.case_id)
            print(f"{name}, asked in {form}: {case.question.text}\n  {answer!r} ({grounded})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=80)
    parser.add_argument("--held-out", type=int, default=100)
    as_object = TypeAdapter(dict[str, Any]).validate_json
    parser.add_argument("--variation", type=as_object, default={}, help="JSON: other settings")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    raise SystemExit(0 if asyncio.run(main(parser.parse_args())) else 1)
