"""How a command fails: errors with an exit code, printed as text or as JSON.

Exit codes: 0 done, 1 refused or failed, 2 not understood (Typer's own), 3 unreachable.
"""

import errno
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from ratchet.command_line.terminal import say

FAILED = 1
UNREACHABLE = 3
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class Failed(Exception):
    """The command cannot or may not do its work; the message ends with the remedy."""

    code = FAILED


class Unreachable(Failed):
    """A service or Redis does not respond."""

    code = UNREACHABLE


def command_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Wrap `command` so that `Failed` becomes a message on stderr and an exit code.

    So does a file or directory that cannot be read or written. With `--json` the message is also
    on stdout, as `{"error": ...}`.
    """

    @wraps(command)
    def run(*args: Any, **arguments: Any) -> None:
        try:
            command(*args, **arguments)
        except (Failed, OSError) as error:
            message = str(error)
            if isinstance(error, OSError):
                if error.filename is None and error.errno not in _NO_ROOM:
                    raise
                message = _of_system(error)
            say(message, err=True)
            if arguments.get("as_json"):
                print_json({"error": message})
            raise typer.Exit(getattr(error, "code", FAILED)) from error

    return run


def _of_system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}. Check the path, its permissions and the free space."


def print_json(value: Any) -> None:
    """Print `value` on stdout; what JSON has no type for is printed as text."""
    say(json.dumps(value, indent=2, default=str))
