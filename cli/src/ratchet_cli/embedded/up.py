"""Runs the embedded system in a directory, also in the foreground of a terminal."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import typer
from filelock import FileLock, Timeout
from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError, RedisError
from rich.console import Console

from ratchet.command_line import Failed, create_private_directory, screen
from ratchet_cli.embedded.output import Output
from ratchet_cli.embedded.processes import SERVICES, Embedded, ProcessSpec, is_free
from ratchet_cli.embedded.state import LOCK_FILE, SystemState
from ratchet_cli.embedded.supervisor import Sink, Supervised, Supervisor
from ratchet_cli.embedded.systemd import keep_notifying
from ratchet_edge.keys.key_file import KeyFile

_START_TIMEOUT_S = 60.0
_INTAKE_ENDS, _OTHER_ENDS = 3, 2
"""Ends in a row after which a start is given up, or no longer waited for."""
_POLL_S = 0.05


class CannotStart(RuntimeError):
    """The system cannot start; the message ends with the remedy."""


@asynccontextmanager
async def up(embedded: Embedded, sink: Sink) -> AsyncIterator[Supervisor]:
    """Run every process; yields when the intake is ready and each other service is ready or late.

    Services that are late keep being started. Raises `CannotStart` without an intake.
    """
    lock, specs = _opened(embedded)
    state = SystemState(embedded)
    supervisor = Supervisor(specs, sink, lambda: state.write(supervisor.troubles))
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


def _opened(embedded: Embedded) -> tuple[FileLock, list[ProcessSpec]]:
    """The lock of the data directory, and the processes to start in it."""
    data_dir = embedded.data_dir
    lock = FileLock(data_dir / LOCK_FILE)
    try:
        create_private_directory(data_dir)
        lock.acquire(blocking=False)
        return lock, embedded.processes()
    except Timeout as error:
        raise CannotStart(
            f"Ratchet already runs in {data_dir}. Stop it with `ratchet stop --data-dir "
            f"{data_dir}`, or pass another --data-dir."
        ) from error
    except OSError as error:
        raise CannotStart(
            f"The data directory {data_dir} cannot be used: {error.strerror or error}. Let this "
            "user write there, or pass another --data-dir."
        ) from error


def _refuse_busy_ports(embedded: Embedded) -> None:
    for name in ("valkey", "ingest"):
        port = embedded.port_of(name)
        if not is_free(port) or (name == "ingest" and not is_free(port, embedded.host)):
            raise CannotStart(f"Port {port} for {name} is in use. Pass another --port.")


async def _start(process: Supervised) -> None:
    """Raises `CannotStart` if it is not ready after a limit, or ends again and again."""
    await process.start()
    end = time.monotonic() + _START_TIMEOUT_S
    while process.trouble is not None:
        _refuse_settings(process)
        given_up = time.monotonic() > end and not await _loads(process)
        if given_up or process.ends >= _INTAKE_ENDS:
            raise CannotStart(f"{process.spec.name} does not start: {process.trouble}.")
        await asyncio.sleep(_POLL_S)


def _refuse_settings(process: Supervised) -> None:
    if process.hopeless and process.trouble is not None:
        raise CannotStart(f"{process.spec.name} refuses its settings: {process.trouble.problem}.")


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
        for service in services:
            _refuse_settings(service)
        if all(service.trouble is None or service.ends >= _OTHER_ENDS for service in services):
            return
        await asyncio.sleep(_POLL_S)


def run_in_foreground(data_dir: Path, port: int, host: str, max_memory: int) -> None:
    """Print the output of every process until SIGINT or SIGTERM; raises `Failed`."""
    console = screen()
    embedded = Embedded(data_dir, port, {}, max_memory, host)
    _require_key(embedded)
    try:
        asyncio.run(_run(embedded, console, Output(console, data_dir)))
    except CannotStart as error:
        raise Failed(str(error)) from error


def _require_key(embedded: Embedded) -> None:
    """Raises `Failed` for a network without keys, and `typer.BadParameter`."""
    try:
        address = ip_address(embedded.host)
    except ValueError:
        raise typer.BadParameter(
            f"{embedded.host!r} is not an IP address, such as 0.0.0.0 for every one of this "
            "machine.",
            param_hint="--host",
        ) from None
    directory = embedded.data_dir
    if not address.is_loopback and not KeyFile(directory).required:
        command = "" if directory.is_dir() else f"mkdir -p {directory} && "
        command += f"ratchet keys create NAME --scope write --data-dir {directory}"
        raise Failed(
            f"Without a key everyone on the network of {embedded.host} could read and write. "
            f"Create one first: `{command}`."
        )


async def _run(embedded: Embedded, console: Console, sink: Sink) -> None:
    stop, task = asyncio.Event(), asyncio.current_task()
    assert task is not None

    def end() -> None:
        if not stop.is_set() and not started:
            task.cancel()
        stop.set()

    started = False
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end)
    try:
        async with up(embedded, sink) as supervisor:
            started = True
            _say_that_it_is_up(console, embedded, supervisor)
            notifying = asyncio.create_task(keep_notifying())
            await stop.wait()
            notifying.cancel()
            console.print(f"stopping, in order: {', '.join((*reversed(SERVICES), 'valkey'))}")
    except asyncio.CancelledError:
        console.print("stopped before it was up")


def _say_that_it_is_up(console: Console, embedded: Embedded, supervisor: Supervisor) -> None:
    say = partial(console.print, soft_wrap=True, markup=False, highlight=False)
    where = f"data in {embedded.data_dir}, process {os.getpid()}"
    say(f"ratchet is up at {embedded.url} ({where}); Ctrl-C stops it")
    if not embedded.has_base_model:
        say(
            "no base model is set: examples are collected, nothing is trained; choose one in "
            "docs/models.md, then restart with RATCHET_TRAINER_BASE_MODEL"
        )
    for name, trouble in supervisor.troubles.items():
        say(f"{name} is not ready yet: {trouble}", style="yellow")
