"""`ratchet bundle` and `ratchet install`: the exporter's commands, on a data directory."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from ratchet.command_line import AsJson, DataDir

_DATA_DIR = Path("var/ratchet")


def bundle(
    version: Annotated[str, typer.Argument(help="A registered version, or `latest`.")],
    out: Annotated[
        Path | None, typer.Option(help="The file; by default in <data-dir>/bundles.")
    ] = None,
    data_dir: DataDir = _DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Write a registered version into one signed file."""
    _exporter(data_dir, "bundle", version, *(["--out", str(out)] if out else []), *_json(as_json))


def install(
    file: Annotated[Path, typer.Argument(help="A bundle.", exists=True, dir_okay=False)],
    trust: Annotated[
        Path | None,
        typer.Option(help="A public key (PEM) to trust this once.", exists=True, dir_okay=False),
    ] = None,
    activate: Annotated[bool, typer.Option(help="Serve it from now on.")] = True,
    data_dir: DataDir = _DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Verify a bundle and register its model."""
    options = ["--trust", str(trust)] if trust else []
    options += [] if activate else ["--no-activate"]
    _exporter(data_dir, "install", str(file), *options, *_json(as_json))


def _json(as_json: bool) -> list[str]:
    return ["--json"] if as_json else []


def _exporter(data_dir: Path, command: str, *arguments: str) -> None:
    """Run the command in the exporter's own process: its words and its status are ours."""
    ended = subprocess.run(
        [sys.executable, "-m", "exporter", command, *arguments],
        env={**os.environ, "RATCHET_DATA_DIR": str(data_dir.resolve())},
        check=False,
    )
    raise typer.Exit(ended.returncode)
