"""Runs the embedded system in the foreground of a terminal."""

import asyncio
import os
import signal
from itertools import cycle
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ratchet.command_line import Failed
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.supervisor import Sink
from ratchet_cli.embedded.up import CannotStart, up

_COLORS = ("red", "yellow", "magenta", "green", "cyan", "blue")


def run_in_foreground(data_dir: Path, port: int) -> None:
    """Print the output of every process until SIGINT or SIGTERM; raises `Failed`."""
    console = Console()
    embedded = Embedded(data_dir, port, {})
    names = [process.name for process in embedded.processes()]
    colors = dict(zip(names, cycle(_COLORS), strict=False))

    def print_line(name: str, line: str) -> None:
        console.print(Text(f"{name:>8} | ", style=colors[name]) + Text(line), soft_wrap=True)

    try:
        asyncio.run(_run(embedded, names, console, print_line))
    except CannotStart as error:
        raise Failed(str(error)) from error


async def _run(embedded: Embedded, names: list[str], console: Console, sink: Sink) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with up(embedded, sink):
        console.print(
            f"[bold]ratchet is up[/bold] at {embedded.url} (data in {embedded.data_dir}, "
            f"process {os.getpid()}); Ctrl-C stops it"
        )
        await stop.wait()
        console.print(f"stopping, in order: {', '.join(reversed(names))}")
