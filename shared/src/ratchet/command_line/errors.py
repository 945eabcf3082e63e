"""How a command fails: errors with an exit code, printed as text or as JSON.

Exit codes: 0 done, 1 refused or failed, 2 not understood (Typer's own), 3 unreachable.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from ratchet.command_line.terminal import say

FAILED = 1
UNREACHABLE = 3


class Failed(Exception):
    """The command cannot or may not do its work; the message ends with the remedy."""

    code = FAILED


class Unreachable(Failed):
    """A service or Redis does not respond."""

    code = UNREACHABLE


def command_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Wrap `command` so that `Failed` becomes a message on stderr and an exit code.

    With `--json` the message is also on stdout, as `{"error": ...}`.
    """

    @wraps(command)
    def run(*args: Any, **arguments: Any) -> None:
        try:
            command(*args, **arguments)
        except Failed as error:
            say(str(error), err=True)
            if arguments.get("as_json"):
                print_json({"error": str(error)})
            raise typer.Exit(error.code) from error

    return run


def print_json(value: Any) -> None:
    """Print `value` on stdout; what JSON has no type for is printed as text."""
    say(json.dumps(value, indent=2, default=str))
