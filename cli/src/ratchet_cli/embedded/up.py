"""Starts the embedded system in a directory, and stops it without losing data."""

import asyncio
import json
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from filelock import FileLock, Timeout
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ratchet.command_line import STATE_FILE
from ratchet_cli.embedded.processes import SERVICES, Embedded
from ratchet_cli.embedded.supervisor import Sink, Supervised, Supervisor

_START_TIMEOUT_S = 60.0


class CannotStart(RuntimeError):
    """The system cannot start; the message ends with the remedy."""


@asynccontextmanager
async def up(embedded: Embedded, sink: Sink) -> AsyncIterator[Supervisor]:
    """Run every process; yields when all services are ready. Raises `CannotStart`."""
    embedded.data_dir.mkdir(parents=True, exist_ok=True)
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
        await _wait_for_redis(embedded.redis_url)
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


async def _wait_for_redis(redis_url: str) -> None:
    """Return when it has loaded its append-only file: until then it refuses commands."""
    end = time.monotonic() + _START_TIMEOUT_S
    async with Redis.from_url(redis_url) as redis:
        while True:
            try:
                await redis.ping()
            except (RedisError, OSError) as error:
                if time.monotonic() > end:
                    raise CannotStart(
                        f"Valkey does not respond: {error}. See its messages above."
                    ) from error
                await asyncio.sleep(0.05)
            else:
                return


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
