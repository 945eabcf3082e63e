"""`ratchet keys`: who may call the HTTP API, and for what; services notice without a restart."""

import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from ingest.keys.key_file import Key


class Scope(StrEnum):
    WRITE = "write"
    READ = "read"
    OPERATE = "operate"


DataDir = Annotated[
    Path, typer.Option(envvar="RATCHET_DATA_DIR", help="The data directory of the intake.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_DATA_DIR = Path("var/ratchet")

keys = typer.Typer(help="Keys of the HTTP API: create, list, revoke.", no_args_is_help=True)


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="Who will use it.")],
    scope: Annotated[
        list[Scope],
        typer.Option(help="write: experiences, feedback, rankings; read: GETs; operate: commands."),
    ],
    per_minute: Annotated[
        int | None, typer.Option(min=1, help="Feedback calls a minute, if not the default.")
    ] = None,
    secret_stdin: Annotated[
        bool, typer.Option(help="Read the secret a client already has from standard input.")
    ] = False,
    data_dir: DataDir = _DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Make a key and print its secret, which is shown this once and kept nowhere."""
    from ingest.keys.key_file import KeyFile, KeysUnreadable
    from ingest.keys.key_file import Scope as KeyScope

    brought = sys.stdin.readline().strip() if secret_stdin else None
    try:
        key, secret = KeyFile(data_dir).create(
            name, [KeyScope(one) for one in scope], datetime.now(UTC), brought, per_minute
        )
    except (ValueError, KeysUnreadable) as error:
        _fail(str(error))
    if as_json:
        typer.echo(json.dumps({**_shown(key), "secret": secret}))
    else:
        typer.echo(f"key {key.key_id} for {name}: {', '.join(sorted(key.scopes))}", err=True)
        typer.echo("its secret, shown this once:", err=True)
        typer.echo(secret)


@keys.command("list")
def list_keys(data_dir: DataDir = _DATA_DIR, as_json: AsJson = False) -> None:
    """Show every key in force, without its secret."""
    from rich.console import Console
    from rich.table import Table

    from ingest.keys.key_file import KeyFile, KeysUnreadable

    try:
        found = KeyFile(data_dir).read()
    except KeysUnreadable as error:
        _fail(str(error))
    if as_json:
        typer.echo(json.dumps({"keys": [_shown(key) for key in found]}, indent=2))
        return
    if not found:
        typer.echo("no keys: the intake answers anybody, on loopback only")
        return
    table = Table("id", "name", "scopes", "a minute", "created")
    for key in found:
        rate = str(key.per_minute or "")
        table.add_row(key.key_id, key.name, ", ".join(sorted(key.scopes)), rate, _day(key))
    Console().print(table)


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The id that `ratchet keys list` shows.")],
    data_dir: DataDir = _DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Take a key out of force; to rotate one, create its successor first."""
    from ingest.keys.key_file import KeyFile, KeysUnreadable

    try:
        key = KeyFile(data_dir).revoke(key_id)
    except KeyError:
        _fail(f"there is no key {key_id}: `ratchet keys list` shows those there are")
    except KeysUnreadable as error:
        _fail(str(error))
    typer.echo(json.dumps(_shown(key)) if as_json else f"revoked {key_id} of {key.name}")


def _shown(key: "Key") -> dict[str, object]:
    told = key.model_dump(mode="json", exclude={"digest"})
    return {**told, "scopes": sorted(key.scopes)}


def _day(key: "Key") -> str:
    return f"{key.created_at:%Y-%m-%d}"


def _fail(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(1)
