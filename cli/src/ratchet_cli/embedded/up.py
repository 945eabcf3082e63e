"""Runs the embedded system in a directory, also in the foreground of a terminal."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path

from filelock import FileLock, Timeout
from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError, RedisError
from rich.console import Console
from rich.text import Text

from ratchet.command_line import Failed, create_private_directory, printable, screen
from ratchet_cli.embedded.processes import SERVICES, Embedded, is_free
from ratchet_cli.embedded.state import SystemState
from ratchet_cli.embedded.supervisor import Sink, Supervised, Supervisor

_START_TIMEOUT_S = 60.0
_INTAKE_ENDS, _OTHER_ENDS = 3, 2
"""Ends in a row after which a start is given up, or no longer waited for."""
_POLL_S = 0.05
_COLORS = ("red", "yellow", "magenta", "green", "cyan", "blue")


class CannotStart(RuntimeError):
    """The system cannot start; the message ends with the remedy."""


@asynccontextmanager
async def up(embedded: Embedded, sink: Sink) -> AsyncIterator[Supervisor]:
    """Run every process; yields when the intake is ready and each other service is ready or late.

    Services that are late keep being started. Raises `CannotStart` without an intake.
    """
    create_private_directory(embedded.data_dir)
    lock = FileLock(embedded.data_dir / ".up.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise CannotStart(
            f"Ratchet already runs in {embedded.data_dir}. Stop it, or pass another --data-dir."
        ) from error
    state = SystemState(embedded)
    supervisor = Supervisor(embedded.processes(), sink, lambda: state.write(supervisor.troubles))
    processes = supervisor.processes
    try:
        _refuse_busy_ports(embedded)
        state.write(supervisor.troubles)
        # The intake comes first, and nothing that happens to the others takes it away again.
        await _start(processes["valkey"])
        await _start(processes["ingest"])
        others = [processes[name] for name in SERVICES if name != "ingest"]
        for process in others:
            await process.start()
        await _until_ready_or_late(others)
        yield supervisor
    except CannotStart:
        state.record_failure(supervisor.troubles)
        raise
    finally:
        await supervisor.stop()
        state.remove()
        lock.release()


def _refuse_busy_ports(embedded: Embedded) -> None:
    for name in ("valkey", "ingest"):
        port = embedded.port_of(name)
        if not is_free(port):
            raise CannotStart(f"Port {port} for {name} is in use. Pass another --port.")


async def _start(process: Supervised) -> None:
    """Raises `CannotStart` if it is not ready after a limit, or ends again and again."""
    await process.start()
    end = time.monotonic() + _START_TIMEOUT_S
    while process.trouble is not None:
        given_up = time.monotonic() > end and not await _loads(process)
        if given_up or process.ends >= _INTAKE_ENDS:
            raise CannotStart(f"{process.spec.name} does not start: {process.trouble}.")
        await asyncio.sleep(_POLL_S)


async def _loads(process: Supervised) -> bool:
    """Whether it is a Valkey server that loads its data, which may take minutes."""
    if not process.spec.redis_url:
        return False
    async with Redis.from_url(process.spec.redis_url) as redis:
        try:
            await redis.ping()
        except BusyLoadingError:
            return True
        except (RedisError, OSError):
            return False
    return False


async def _until_ready_or_late(services: Sequence[Supervised]) -> None:
    end = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < end:
        if all(service.trouble is None or service.ends >= _OTHER_ENDS for service in services):
            return
        await asyncio.sleep(_POLL_S)


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
    async with up(embedded, sink) as supervisor:
        console.print(
            f"ratchet is up at {embedded.url} (data in {embedded.data_dir}, "
            f"process {os.getpid()}); Ctrl-C stops it"
        )
        for name, trouble in supervisor.troubles.items():
            text = f"without {name}, which comes when it can: {trouble}"
            console.print(text, style="yellow", soft_wrap=True, markup=False)
        await stop.wait()
        console.print(f"stopping, in order: {', '.join(reversed(names))}")
