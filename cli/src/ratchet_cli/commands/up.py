"""`ratchet up`: the whole system on this machine, until Ctrl-C."""

from pathlib import Path
from typing import Annotated

import typer

from ratchet.command_line import DEFAULT_DATA_DIR


def up(
    data_dir: Annotated[
        Path, typer.Option(envvar="RATCHET_DATA_DIR", help="The directory of all data.")
    ] = DEFAULT_DATA_DIR,
    port: Annotated[
        int, typer.Option(min=1, max=65_000, help="Port of ingest; the next five are used too.")
    ] = 8100,
) -> None:
    """Run the whole system on this machine, until Ctrl-C.

    Starts an embedded Valkey and every service, and stops them in order. Settings are RATCHET_*
    variables. A restart in the same directory continues with its data.
    """
    from ratchet_cli.embedded.up import run_in_foreground

    run_in_foreground(data_dir, port)
