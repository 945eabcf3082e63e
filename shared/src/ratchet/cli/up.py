"""`ratchet up`: the whole system on this machine, until Ctrl-C."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from ratchet.embedded.processes import Embedded
from ratchet.embedded.supervisor import Sink
from ratchet.embedded.up import CannotStart
from ratchet.embedded.up import up as run_embedded

_COLOURS = {
    "valkey": "red",
    "ingest": "cyan",
    "reward": "green",
    "trainer": "magenta",
    "exporter": "yellow",
    "ledger": "blue",
}


def up(
    data_dir: Annotated[Path, typer.Option(help="Everything lives here.")] = Path("var/ratchet"),
    port: Annotated[int, typer.Option(help="Ingest's; the next five are taken too.")] = 8100,
) -> None:
    """Run an embedded Valkey, the four services and the ledger; Ctrl-C stops them in order.

    Settings come from RATCHET_* variables. A second start in the same directory goes on where
    the first one stopped.
    """
    console = Console()

    def say(name: str, line: str) -> None:
        console.print(Text(f"{name:>8} | ", style=_COLOURS[name]) + Text(line), soft_wrap=True)

    try:
        asyncio.run(_run(Embedded(data_dir, port, {}), console, say))
    except CannotStart as error:
        console.print(f"[red]{error}[/red]", soft_wrap=True)
        raise typer.Exit(1) from error


async def _run(embedded: Embedded, console: Console, say: Sink) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with run_embedded(embedded, say):
        console.print(
            f"[bold]ratchet is up[/bold] at {embedded.url} (data in {embedded.data_dir}, "
            f"process {os.getpid()}); Ctrl-C stops it"
        )
        await stop.wait()
        console.print("stopping, in order: ingest, reward, trainer, exporter, ledger, valkey")
