"""`ratchet replay`: rebuild rewards, examples and ledger from archive and streams, and compare."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from ratchet.command_line import running_ports
from ratchet_cli.embedded.processes import Embedded

_RUNNING_ELSEWHERE = "RATCHET_REDIS_URL"


def replay(
    data_dir: Annotated[
        Path, typer.Option(envvar="RATCHET_DATA_DIR", help="Where `ratchet up` runs.")
    ] = Path("var/ratchet"),
    into: Annotated[
        str | None,
        typer.Option(help="URL of an empty Redis to fill and to keep."),
    ] = None,
    restore_ledger: Annotated[
        bool,
        typer.Option("--restore-ledger", help="Write to the ledger what it lacks, then compare."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Exit 0: the same rewards, examples and ledger; 1: they differ; 2: nothing was compared.

    The reward service runs here with the settings of this shell: name those it always has.
    """
    environment = {**os.environ, "RATCHET_DATA_DIR": str(data_dir.resolve())}
    ports = running_ports(data_dir)
    if ports is not None:
        environment[_RUNNING_ELSEWHERE] = Embedded(data_dir, ports["ingest"], {}).redis_url
    elif _RUNNING_ELSEWHERE not in environment:
        typer.echo(
            f"nothing runs in {data_dir}: start it with `ratchet up --data-dir {data_dir}`, "
            f"or name its Redis with {_RUNNING_ELSEWHERE}",
            err=True,
        )
        raise typer.Exit(2)
    options = [
        *(["--into", into] if into else []),
        *(["--restore-ledger"] if restore_ledger else []),
        *(["--json"] if as_json else []),
    ]
    ended = subprocess.run(
        [sys.executable, "-m", "ledger.replay", *options], env=environment, check=False
    )
    raise typer.Exit(ended.returncode)
