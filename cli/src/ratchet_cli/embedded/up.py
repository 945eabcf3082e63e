"""Bring the embedded system up in a directory, and down again without losing anything."""

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

_READY_S = 60.0


class CannotStart(RuntimeError):
    """What stands in the way, and what to do about it."""


@asynccontextmanager
async def up(embedded: Embedded, sink: Sink) -> AsyncIterator[Supervisor]:
    """Run everything; yields once all services are ready. Raises `CannotStart`."""
    embedded.data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(embedded.data_dir / ".up.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise CannotStart(
            f"ratchet already runs in {embedded.data_dir}: stop it or choose another --data-dir"
        ) from error
    state = embedded.data_dir / STATE_FILE
    supervisor = Supervisor(embedded.processes(), sink)
    try:
        _refuse_busy_ports(embedded)
        state.write_text(
            json.dumps({"pid": os.getpid(), "ports": embedded.ports, "started_at": time.time()})
        )
        await supervisor.processes["valkey"].start()
        await _until_loaded(embedded.redis_url)
        for name in SERVICES:
            await supervisor.processes[name].start()
        await _until_ready(embedded, supervisor)
        yield supervisor
    finally:
        await supervisor.stop()
        state.unlink(missing_ok=True)
        lock.release()


def _refuse_busy_ports(embedded: Embedded) -> None:
    for name, port in embedded.ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise CannotStart(
                    f"port {port}, for {name}, is taken: choose another --port"
                ) from error


async def _until_loaded(redis_url: str) -> None:
    end = time.monotonic() + _READY_S
    async with Redis.from_url(redis_url) as redis:
        while True:
            try:
                await redis.ping()
            except (RedisError, OSError) as error:
                if time.monotonic() > end:
                    raise CannotStart(f"valkey does not answer: {error}") from error
                await asyncio.sleep(0.05)
            else:
                return


async def _until_ready(embedded: Embedded, supervisor: Supervisor) -> None:
    end = time.monotonic() + _READY_S
    async with httpx.AsyncClient(timeout=2.0) as client:
        for name in SERVICES:
            while not await _ready(client, embedded.port_of(name)):
                if time.monotonic() > end:
                    raise CannotStart(_complaint(name, supervisor.processes[name]))
                await asyncio.sleep(0.1)


async def _ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
    except httpx.HTTPError:
        return False


def _complaint(name: str, process: Supervised) -> str:
    return (
        f"{name} is not ready after {_READY_S:.0f} s ({process.restarts} restarts): "
        "see what it says above"
    )
