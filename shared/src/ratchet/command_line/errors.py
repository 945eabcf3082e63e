"""How a command ends: its exit code, and what is said where it fails.

0 done, 1 refused or failed, 2 not understood (Typer's own), 3 what is asked does not answer.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

FAILED = 1
UNREACHABLE = 3

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON value on stdout, and nothing else there.")
]


class Failed(Exception):
    """The command cannot, or may not, do its work; the message says what to do about it."""

    code = FAILED


class Unreachable(Failed):
    """A service or Redis does not answer."""

    code = UNREACHABLE


def ending(command: Callable[..., None]) -> Callable[..., None]:
    """`command`, with what it raises told on stderr, and as `{"error": …}` under `--json`."""

    @wraps(command)
    def run(*args: Any, **given: Any) -> None:
        try:
            command(*args, **given)
        except Failed as problem:
            typer.echo(str(problem), err=True)
            if given.get("as_json"):
                print_json({"error": str(problem)})
            raise typer.Exit(problem.code) from problem

    return run


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, default=str))
