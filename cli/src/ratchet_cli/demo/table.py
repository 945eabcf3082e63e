"""Prints the report of the demo as tables."""

from typing import Any

from rich.console import Console
from rich.table import Table

from ratchet.command_line import colored


def show_report(console: Console, result: dict[str, Any]) -> None:
    table = Table(title="what happened", show_header=False)
    table.add_row("experiences, feedback", f"{result['experiences']}, {result['feedback']}")
    table.add_row("rewards", _rewards(result["rewards"]))
    examples = result["examples"]
    table.add_row("examples", f"{examples['pairs']} pairs, {examples['labels']} labels")
    for name, row in (("run", _run), ("export", _export), ("model", _model)):
        table.add_row(name, row(result[name]) if result[name] else colored("did not happen", "red"))
    seconds = result["seconds"]
    table.add_row(
        "seconds", f"setup {seconds['setup']}, loop {seconds['loop']}, total {seconds['total']}"
    )
    console.print(table)
    if result["run"] and result["run"]["before"]:
        console.print(_scores(result["run"]))
    console.print(_answers(result["answers"][:6]))


def _rewards(rewards: dict[str, Any]) -> str:
    if rewards["mean"] is None:
        return "none"
    counts = f"{rewards['positive']} above 0, {rewards['negative']} below"
    return f"mean {rewards['mean']:.2f}, {counts}"


def _run(run: dict[str, Any]) -> str:
    return (
        f"{run['method']} on {run['pairs']} pairs in {run['seconds']} s: "
        f"{run['verdict']}, {run['reason']}"
    )


def _export(export: dict[str, Any]) -> str:
    return (
        f"{export['quantization']}, {export['bytes'] / 1e6:.0f} MB in {export['seconds']} s, "
        f"parity top-1 {export['top1']:.3f}, KL {export['kl']:.4f}"
    )


def _model(model: dict[str, Any]) -> str:
    active = "active" if model["active"] else "not active"
    return f"{model['name']}:{model['version']} ({model['registry']}), {active}"


def _scores(run: dict[str, Any]) -> Table:
    table = Table("held-out", "before", "after", "gain (95 % interval)", "cases", title="the gate")
    for name, before in run["before"].items():
        after, gain = run["after"][name], run["gains"].get(name)
        if before is None or after is None:
            continue
        interval = _interval(gain) if gain else ""
        cases = str(gain["n"]) if gain else ""
        table.add_row(name.replace("_", " "), f"{before:.2f}", f"{after:.2f}", interval, cases)
    return table


def _interval(gain: dict[str, float]) -> str:
    return f"{gain['mean']:+.2f} ({gain['low']:+.2f} to {gain['high']:+.2f})"


def _answers(answers: list[dict[str, str]]) -> Table:
    table = Table("question", "before", "after", title="held-out answers", show_lines=True)
    for answer in answers:
        table.add_row(answer["question"], answer["before"], answer["after"])
    return table
