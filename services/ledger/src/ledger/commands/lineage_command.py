"""`ratchet lineage`: the experiences behind a model, and the models behind an experience."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from ratchet.command_line import DEFAULT_DATA_DIR, AsJson, DataDir, Failed, print_json, say

_SHOWN = 20


def lineage(
    name: Annotated[str, typer.Argument(help="A model's version, or an experience's query id.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Show what a model learned from, or where an experience went."""
    from ledger.reading.lineage import read_lineage
    from ledger.settings import LedgerSettings
    from ratchet.contract import Unavailable
    from ratchet.settings import read_settings

    settings = read_settings(LedgerSettings, data_dir=data_dir.resolve())
    try:
        report = read_lineage(settings.ledger_database, name)
    except (LookupError, Unavailable) as error:
        raise Failed(str(error)) from error
    if as_json:
        print_json(report)
    elif report["kind"] == "model":
        _show_model(report)
    else:
        _show_experience(report)


def _show_model(report: dict[str, Any]) -> None:
    model, run = report["model"], report["run"]
    say(f"{model['version']}  {model['state']}{_marked(model)}")
    if run is None:
        say("no run is recorded: the model was installed, or its run precedes the ledger")
        return
    say(f"run {run['run_id']}  {run['method']} on {run['base_model']}: {run['verdict']}")
    say(f"{len(report['examples'])} examples")
    _rows(f"{e['example_id']}  {e['kind']} {e['aspect']}: {e['state']}" for e in report["examples"])
    say(f"{len(report['experiences'])} experiences")
    _rows(report["experiences"])


def _show_experience(report: dict[str, Any]) -> None:
    experience = report["experience"]
    say(
        f"{experience['query_id']}  answered {experience['answered_at']}, "
        f"reward {experience['reward']} at revision {experience['revision']}"
    )
    say(f"{len(report['examples'])} examples")
    _rows(
        f"{e['example_id']}  {e['kind']} {e['aspect']}: {e['state']}, "
        f"runs {', '.join(e['used_by']) or 'none'}"
        for e in report["examples"]
    )
    say(f"{len(report['models'])} models")
    _rows(f"{m['version']}  {m['state']}{_marked(m)}" for m in report["models"])


def _marked(model: dict[str, Any]) -> str:
    return ", trained on data that was erased since" if model["trained_on_forgotten"] else ""


def _rows(lines: Iterable[str]) -> None:
    rows = list(lines)
    for line in rows[:_SHOWN]:
        say(f"  {line}")
    if len(rows) > _SHOWN:
        say(f"  … and {len(rows) - _SHOWN} more: --json shows all")
