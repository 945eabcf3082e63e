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
        int,
        typer.Option(
            envvar="RATCHET_PORT",
            min=1,
            max=65_000,
            help="Port of ingest; the next six are used too.",
        ),
    ] = 8100,
    max_memory: Annotated[
        str | None,
        typer.Option(
            envvar="RATCHET_MAX_MEMORY",
            help="Memory of Valkey, such as 2gb; by default 1gb, or half of a small machine's.",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(envvar="RATCHET_HOST", help="Address of ingest; others need a key.")
    ] = "127.0.0.1",
) -> None:
    """Run the whole system on this machine, until Ctrl-C.

    Starts an embedded Valkey and every service, and stops them in order. Settings are RATCHET_*
    variables. A restart in the same directory continues with its data. Another machine reaches
    ingest, and nothing else, with --host 0.0.0.0 once `ratchet keys create` has created a key.
    """
    from ratchet_cli.embedded.memory_limit import InvalidLimit, read_limit, usual_limit
    from ratchet_cli.embedded.up import run_in_foreground

    try:
        limit = read_limit(max_memory) if max_memory else usual_limit()
    except InvalidLimit as error:
        raise typer.BadParameter(str(error), param_hint="--max-memory") from error
    run_in_foreground(data_dir, port, host, limit)
