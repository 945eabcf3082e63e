"""`ratchet keys`: manages the keys of the HTTP API; services read them without a restart."""

# The `ratchet` program imports this module to list its commands, so that everything that takes
# time to import is imported inside the functions.

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.command_line import DEFAULT_DATA_DIR, AsJson, DataDir, say, screen
from ratchet_edge.access import Scope

if TYPE_CHECKING:
    from ratchet_edge.keys.key_file import Key, KeyFile

keys = typer.Typer(help="Keys of the HTTP API: create, list, revoke.", no_args_is_help=True)
_OPEN = "the intake accepts every caller, on loopback only"
_NO_KEY_LEFT = (
    "There is no valid key: every call that needs one is refused. Create one with `ratchet keys "
    "create`, or accept every caller on loopback with `ratchet keys open`."
)


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="Who will use it.")],
    scope: Annotated[
        list[Scope],
        typer.Option(
            help="feedback: feedback and rankings, for browsers; write: experiences too, for "
            "servers; teach: traces, pairs, corrections; read: GETs; operate: commands, and what "
            "teach allows."
        ),
    ],
    per_minute: Annotated[
        int | None, typer.Option(min=1, help="Feedback calls a minute, if not the default.")
    ] = None,
    secret_stdin: Annotated[
        bool, typer.Option(help="Read the secret a client already has from standard input.")
    ] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Create a key and print its secret, which is shown once and not stored."""
    file = _file(data_dir)
    secret = sys.stdin.readline().strip() if secret_stdin else None
    with _errors():
        key, secret = file.create(name, scope, datetime.now(UTC), secret, per_minute)
    if as_json:
        say(json.dumps({**_public(key), "secret": secret}))
    else:
        scopes = ", ".join(sorted(key.scopes))
        say(f"key {key.key_id} for {name}: {scopes}, in {file.path.resolve()}", err=True)
        say("its secret, shown this once:", err=True)
        say(secret)


@keys.command("list")
def list_keys(data_dir: DataDir = DEFAULT_DATA_DIR, as_json: AsJson = False) -> None:
    """Show every valid key, without its secret."""
    file = _file(data_dir)
    with _errors():
        rows = file.read()
    if as_json:
        say(json.dumps({"keys": [_public(key) for key in rows]}, indent=2))
    elif not rows and file.required:
        say(_NO_KEY_LEFT)
    elif not rows:
        say(f"there are no keys: {_OPEN}")
    else:
        _print_table(rows)


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The id that `ratchet keys list` shows.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Revoke a key; to rotate one, create its successor first."""
    file = _file(data_dir)
    with _errors():
        key = file.revoke(key_id)
        last = not file.read()
    say(json.dumps(_public(key)) if as_json else f"revoked {key_id} of {key.name}")
    if last:
        say(_NO_KEY_LEFT, err=True)


@keys.command("open")
def let_everyone_in(
    yes: Annotated[bool, typer.Option("--yes", help="Do not prompt.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Accept every caller on loopback again, as before the first key; revoke all keys first."""
    file = _file(data_dir)
    if as_json and not yes:
        raise typer.BadParameter("--json cannot prompt; pass --yes")
    if not yes:
        typer.confirm(
            "Everyone who reaches the port may then read, write, teach and operate. Continue?",
            abort=True,
            err=True,
        )
    with _errors():
        file.let_everyone_in()
    say(json.dumps({"keys": []}) if as_json else _OPEN)


def _file(data_dir: Path) -> "KeyFile":
    """The key file of a data directory; exits with 1 if that does not exist.

    A server that starts creates its directory: keys in another one would be read by none.
    """
    from ratchet_edge.keys.key_file import KeyFile

    if not data_dir.is_dir():
        say(
            f"{data_dir.absolute()} is not a directory, so no server reads keys there: name the "
            "server's data directory with --data-dir or RATCHET_DATA_DIR, or create this one",
            err=True,
        )
        raise typer.Exit(1)
    return KeyFile(data_dir)


def _print_table(rows: "tuple[Key, ...]") -> None:
    from rich.table import Table

    table = Table("id", "name", "scopes", "a minute", "created")
    for key in rows:
        rate, day = str(key.per_minute or ""), f"{key.created_at:%Y-%m-%d}"
        table.add_row(key.key_id, key.name, ", ".join(sorted(key.scopes)), rate, day)
    screen().print(table)


def _public(key: "Key") -> dict[str, object]:
    fields = key.model_dump(mode="json", exclude={"digest"})
    return {**fields, "scopes": sorted(key.scopes)}


@contextmanager
def _errors() -> Iterator[None]:
    """Prints what went wrong to standard error and exits with 1."""
    from ratchet_edge.keys.key_file import KeyFileUnreadable, UnknownKey

    try:
        yield
    except (ValueError, KeyFileUnreadable, UnknownKey) as error:
        say(str(error), err=True)
        raise typer.Exit(1) from error
