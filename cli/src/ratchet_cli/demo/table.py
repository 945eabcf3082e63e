"""Prints the report of the demo: first what a person needs, then the figures behind it."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ratchet.command_line import colored

_COLORS = {"better": "green", "worse": "bold red"}
_BETTER_IF = {"more": "more is better", "less": "less is better", None: ""}


def show_report(console: Console, result: Mapping[str, Any]) -> None:
    """Everything printed is in `result`, the report."""
    for line in result["headline"]["lines"]:
        console.print(colored(line, "bold"))
    for line in result["headline"]["worse"]:
        console.print(colored(line, "bold red"))
    if result["shown_answers"]:
        console.print(_answers(result["shown_answers"]))
    if result["check"]:
        _show_check(console, result["check"])
    if result["measures"]:
        console.print(_measures(result["measures"]))
    console.print(_stages(result))
    console.print(colored("what to do next", "bold"))
    for step, command in result["next_steps"].items():
        console.print(f"  {step}:")
        # Not wrapped: a command is copied as a whole.
        console.print(colored(f"    {command}", "cyan"), soft_wrap=True)


def _answers(answers: list[dict[str, str]]) -> Table:
    table = Table("", "question", "before", "after", title="held-out answers", show_lines=True)
    for answer in answers:
        sides = [
            Text.assemble(
                colored(answer[f"mark_{side}"], answer[f"color_{side}"]),
                "\n",
                colored(answer[side], "default"),
            )
            for side in ("before", "after")
        ]
        table.add_row(answer["how"], answer["question"], *sides)
    return table


def _show_check(console: Console, check: Mapping[str, Any]) -> None:
    table = Table(
        "true, by the check's judgment",
        "before",
        "after",
        title="with and without the check before speaking",
    )
    for title, name in (("the model alone", "alone"), ("the model with the check", "checked")):
        counts = [f"{check[f'{name}_{side}']} of {check['n']}" for side in ("before", "after")]
        table.add_row(title, *counts)
    console.print(table)
    example = check["example"]
    if example:
        model = {"after": "new", "before": "old"}[example["model"]]
        console.print(f"  question:       {example['question']}")
        console.print(colored(f"  {model} model:      {example['answer']}", "red"))
        console.print(f"  not spoken:     {example['mark']}")
        console.print(colored(f"  spoken instead: {example['spoken_instead']}", "green"))


def _measures(measures: list[dict[str, Any]]) -> Table:
    table = Table(
        *("measure", "", "before", "after", "change (95 % interval)", "n", "verdict"),
        title="held-out questions",
    )
    for row in measures:
        gain = row["gain"]
        table.add_row(
            row["title"],
            _BETTER_IF[row["better_if"]],
            f"{row['before']:.2f}",
            f"{row['after']:.2f}",
            _interval(gain) if gain else "not known",
            str(gain["n"]) if gain else "0",
            colored(row["verdict"], _COLORS.get(row["verdict"].partition(",")[0], "default")),
        )
    return table


def _interval(gain: Mapping[str, float]) -> str:
    return f"{gain['mean']:+.2f} ({gain['low']:+.2f} to {gain['high']:+.2f})"


def _stages(result: Mapping[str, Any]) -> Table:
    table = Table(title="what happened", show_header=False)
    table.add_row("experiences, feedback", f"{result['experiences']}, {result['feedback']}")
    table.add_row("rewards", _rewards(result["rewards"]))
    examples = result["examples"]
    table.add_row("examples", f"{examples['pairs']} pairs, {examples['labels']} labels")
    for name, row in (("run", _run), ("export", _export), ("model", _model)):
        table.add_row(name, row(result[name]) if result[name] else colored("did not happen", "red"))
    seconds, machine = result["seconds"], result["machine"]
    table.add_row(
        "seconds", f"setup {seconds['setup']}, loop {seconds['loop']}, total {seconds['total']}"
    )
    table.add_row(
        "machine",
        f"{machine['cores']} cores, {machine['float32_matmul_gflops']} GFLOP/s (float32 matmul)",
    )
    return table


def _rewards(rewards: Mapping[str, Any]) -> str:
    if rewards["mean"] is None:
        return "none"
    counts = f"{rewards['positive']} above 0, {rewards['negative']} below"
    return f"mean {rewards['mean']:.2f}, {counts}"


def _run(run: Mapping[str, Any]) -> str:
    return (
        f"{run['method']} on {run['pairs']} pairs in {run['seconds']} s: "
        f"{run['verdict']}, {run['reason']}"
    )


def _export(export: Mapping[str, Any]) -> str:
    return (
        f"{export['quantization']}, {export['bytes'] / 1e6:.0f} MB in {export['seconds']} s, "
        f"parity top-1 {export['top1']:.3f}, KL {export['kl']:.4f}"
    )


def _model(model: Mapping[str, Any]) -> str:
    active = "active" if model["active"] else "not active"
    return f"{model['name']}:{model['version']} ({model['registry']}), {active}"
