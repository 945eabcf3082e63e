"""`ratchet up`: the whole system on this machine, until Ctrl-C."""

import asyncio
import os
import signal
from itertools import cycle
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from ratchet.command_line import Failed
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.supervisor import Sink
from ratchet_cli.embedded.up import CannotStart
from ratchet_cli.embedded.up import up as run_embedded

_COLOURS = ("red", "yellow", "magenta", "green", "cyan", "blue")


def up(
    data_dir: Annotated[
        Path, typer.Option(envvar="RATCHET_DATA_DIR", help="Everything lives here.")
    ] = Path("var/ratchet"),
    port: Annotated[
        int, typer.Option(min=1, max=65_000, help="Ingest's; those after it are taken too.")
    ] = 8100,
) -> None:
    """Run an embedded Valkey and every service; Ctrl-C stops them in order.

    Settings come from RATCHET_* variables. A second start in the same directory goes on where
    the first one stopped.
    """
    console = Console()
    embedded = Embedded(data_dir, port, {})
    names = [process.name for process in embedded.processes()]
    colours = dict(zip(names, cycle(_COLOURS), strict=False))

    def say(name: str, line: str) -> None:
        console.print(Text(f"{name:>8} | ", style=colours[name]) + Text(line), soft_wrap=True)

    try:
        asyncio.run(_run(embedded, names, console, say))
    except CannotStart as error:
        raise Failed(str(error)) from error


async def _run(embedded: Embedded, names: list[str], console: Console, say: Sink) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with run_embedded(embedded, say):
        console.print(
            f"[bold]ratchet is up[/bold] at {embedded.url} (data in {embedded.data_dir}, "
            f"process {os.getpid()}); Ctrl-C stops it"
        )
        await stop.wait()
        console.print(f"stopping, in order: {', '.join(reversed(names))}")
