"""`ratchet forget`: erase a person or a question everywhere, and sign for it."""

import getpass
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ratchet.command_line import AsJson, DataDir, Failed, RedisUrl, answer_of, print_json


def forget(
    user: Annotated[
        str | None, typer.Option(help="Everything that this person asked and said.", metavar="ID")
    ] = None,
    query: Annotated[str | None, typer.Option(help="One question.", metavar="ID")] = None,
    by: Annotated[str | None, typer.Option(help="Who asks; your user name if left out.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    retrain: Annotated[
        bool, typer.Option("--retrain", help="Ask for a training run without what is forgotten.")
    ] = False,
    deadline: Annotated[float, typer.Option(min=1, help="Seconds the services may take.")] = 120.0,
    data_dir: DataDir = Path("var/ratchet"),
    redis_url: RedisUrl = None,
    as_json: AsJson = False,
) -> None:
    """Erase a person or a question everywhere.

    The next call first finishes what could not be finished.
    """
    if (user is None) == (query is None):
        raise typer.BadParameter("name --user or --query: one of the two")
    if as_json and not yes:
        raise typer.BadParameter("--json asks nobody: say --yes too")
    whose = ["--user", user] if user is not None else ["--query", str(query)]
    system = {"RATCHET_FORGET_DEADLINE_S": str(deadline)}

    def run(*options: str) -> dict[str, Any]:
        code, told = answer_of("ledger.erasure", [*whose, *options], data_dir, redis_url, system)
        if code:
            raise Failed("not everything is erased; the reason stands above")
        return dict(json.loads(told))

    if not yes:
        there = run("--look")
        typer.confirm(
            f"{user or query}: {there['questions']} questions, {there['examples']} examples made "
            f"of them, {there['runs']} runs that had these. Erase them for good?",
            abort=True,
            err=True,
        )
    done = run("--by", by or getpass.getuser(), *(["--retrain"] if retrain else []))
    if as_json:
        print_json(done)
    else:
        _show(done)


def _show(done: dict[str, Any]) -> None:
    typer.echo(f"{len(done['questions'])} questions forgotten")
    for where, counts in done["erased"].items():
        said = counts if isinstance(counts, str) else _counted(counts)
        typer.echo(f"{where:>13}  {said}")
    for version in done["models_trained_on_it"]:
        typer.echo(f"trained on it: {version}")
    if done["models_trained_on_it"] and not done["retrain"]:
        typer.echo("ask for a run without it: --retrain, or `ratchet rollback` to one before")
    typer.echo(f"receipt: {done['receipt']}")


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items()) or "nothing"
