"""`ratchet lineage`: from a model to what it learnt from, and from an experience to its models."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ratchet.command_line import AsJson, DataDir, Failed, local_answer_of, print_json

_SHOWN = 20


def lineage(
    name: Annotated[str, typer.Argument(help="A model's version, or an experience's query id.")],
    data_dir: DataDir = Path("var/ratchet"),
    as_json: AsJson = False,
) -> None:
    """Show what a model learned from, or where an experience went."""
    code, told = local_answer_of("ledger.lineage", [name], data_dir)
    if code:
        raise Failed(told.strip() or "the ledger cannot be asked; the reason stands above")
    found: dict[str, Any] = json.loads(told)
    if as_json:
        print_json(found)
    elif found["kind"] == "model":
        _show_model(found)
    else:
        _show_experience(found)


def _show_model(found: dict[str, Any]) -> None:
    model, run = found["model"], found["run"]
    typer.echo(f"{model['version']}  {model['state']}{_marked(model)}")
    if run is None:
        typer.echo("no run is known: it was installed, or its run is older than the ledger")
        return
    typer.echo(f"run {run['run_id']}  {run['method']} on {run['base_model']}: {run['verdict']}")
    typer.echo(f"{len(found['examples'])} examples")
    _rows(f"{e['example_id']}  {e['kind']} {e['aspect']}: {e['state']}" for e in found["examples"])
    typer.echo(f"{len(found['experiences'])} experiences")
    _rows(found["experiences"])


def _show_experience(found: dict[str, Any]) -> None:
    experience = found["experience"]
    typer.echo(
        f"{experience['query_id']}  answered {experience['answered_at']}, "
        f"reward {experience['reward']} at revision {experience['revision']}"
    )
    typer.echo(f"{len(found['examples'])} examples")
    _rows(
        f"{e['example_id']}  {e['kind']} {e['aspect']}: {e['state']}, "
        f"runs {', '.join(e['used_by']) or 'none'}"
        for e in found["examples"]
    )
    typer.echo(f"{len(found['models'])} models")
    _rows(f"{m['version']}  {m['state']}{_marked(m)}" for m in found["models"])


def _marked(model: dict[str, Any]) -> str:
    return ", learnt from what was forgotten since" if model["trained_on_forgotten"] else ""


def _rows(lines: Any) -> None:
    rows = list(lines)
    for line in rows[:_SHOWN]:
        typer.echo(f"  {line}")
    if len(rows) > _SHOWN:
        typer.echo(f"  … and {len(rows) - _SHOWN} more: --json shows all")
