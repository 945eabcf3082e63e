"""Runs the embedded system in a directory, also in the foreground of a terminal."""

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path

import httpx
from filelock import FileLock, Timeout
from redis.exceptions import RedisError
from rich.console import Console
from rich.text import Text

from ratchet.command_line import STATE_FILE, Failed, create_private_directory, printable, screen
from ratchet.processes.valkey import wait_until_it_responds
from ratchet_cli.embedded.processes import SERVICES, Embedded
from ratchet_cli.embedded.supervisor import Sink, Supervised, Supervisor

_START_TIMEOUT_S = 60.0
_COLORS = ("red", "yellow", "magenta", "green", "cyan", "blue")


class CannotStart(RuntimeError):
    """The system cannot start; the message ends with the remedy."""


@asynccontextmanager
async def up(embedded: Embedded, sink: Sink) -> AsyncIterator[Supervisor]:
    """Run every process; yields when all services are ready. Raises `CannotStart`."""
    create_private_directory(embedded.data_dir)
    lock = FileLock(embedded.data_dir / ".up.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise CannotStart(
            f"Ratchet already runs in {embedded.data_dir}. Stop it, or pass another --data-dir."
        ) from error
    state = embedded.data_dir / STATE_FILE
    supervisor = Supervisor(embedded.processes(), sink)
    try:
        _refuse_busy_ports(embedded)
        state.write_text(
            json.dumps(
                {
                    "pid": os.getpid(),
                    "ports": embedded.ports,
                    "started_at": time.time(),
                    "settings": embedded.recorded_settings(),
                }
            )
        )
        await supervisor.processes["valkey"].start()
        try:
            await wait_until_it_responds(embedded.redis_url, _START_TIMEOUT_S)
        except (RedisError, OSError) as error:
            problem = f"Valkey does not respond: {error}. See its messages above."
            raise CannotStart(problem) from error
        for name in SERVICES:
            await supervisor.processes[name].start()
        await _wait_for_services(embedded, supervisor)
        yield supervisor
    finally:
        await supervisor.stop()
        state.unlink(missing_ok=True)
        lock.release()


def _refuse_busy_ports(embedded: Embedded) -> None:
    for name, port in embedded.ports.items():
        with socket.socket() as probe:
            # As the servers do: otherwise connections in TIME_WAIT make a restart fail.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise CannotStart(
                    f"Port {port} for {name} is in use. Pass another --port."
                ) from error


async def _wait_for_services(embedded: Embedded, supervisor: Supervisor) -> None:
    end = time.monotonic() + _START_TIMEOUT_S
    async with httpx.AsyncClient(timeout=2.0) as client:
        for name in SERVICES:
            while not await _ready(client, embedded.port_of(name)):
                if time.monotonic() > end:
                    raise CannotStart(_not_ready(supervisor.processes[name]))
                await asyncio.sleep(0.1)


async def _ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
    except httpx.HTTPError:
        return False


def _not_ready(process: Supervised) -> str:
    return (
        f"{process.spec.name} is not ready after {_START_TIMEOUT_S:.0f} s "
        f"({process.restarts} restarts). See its messages above."
    )


def run_in_foreground(data_dir: Path, port: int) -> None:
    """Print the output of every process until SIGINT or SIGTERM; raises `Failed`."""
    console = screen()
    embedded = Embedded(data_dir, port, {})
    names = [process.name for process in embedded.processes()]
    colors = dict(zip(names, cycle(_COLORS), strict=False))

    def print_line(name: str, line: str) -> None:
        console.print(
            Text(f"{name:>8} | ", style=colors[name]) + Text(printable(line)), soft_wrap=True
        )

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
            f"ratchet is up at {embedded.url} (data in {embedded.data_dir}, "
            f"process {os.getpid()}); Ctrl-C stops it"
        )
        await stop.wait()
        console.print(f"stopping, in order: {', '.join(reversed(names))}")
