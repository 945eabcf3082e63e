"""Kill -9 of the gateway, Redis and the model server in turn, under load."""

import asyncio
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway_load.applications import Call, call
from gateway_load.model_server import SCRIPT
from redis.asyncio import Redis

from ratchet.contract import CALLS, CallServed
from ratchet.processes.valkey import valkey_command
from ratchet_testing.eventually import eventually
from ratchet_testing.running_gateway import RunningGateway
from ratchet_testing.valkey import free_port, wait_for_port

APPLICATIONS, FIRST_S, BETWEEN_S = 16, 0.002, 0.002
_BETWEEN_KILLS_S = (0.1, 0.6)


@dataclass(frozen=True)
class KillsResult:
    calls: int
    altered: int
    doubled: int
    lost: int
    """Calls whose answer began, and that have no record."""
    counted: int
    """Lost calls that the gateway counted: also those that were killed before their answer."""

    @property
    def right(self) -> bool:
        return self.altered == self.doubled == 0 and self.lost <= self.counted

    def __str__(self) -> str:
        return (
            f"calls {self.calls}, altered {self.altered}, doubled {self.doubled}, "
            f"lost {self.lost} counted {self.counted}"
        )


class _Restarted:
    """A process on a port that is killed and started again."""

    def __init__(self, command: list[str], port: int) -> None:
        self.port = port
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_for_port(self.port, 30)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)


async def run_kills(kills: int, folder: Path, seed: int = 7) -> KillsResult:
    draw = random.Random(seed)
    port, redis_port = free_port(), free_port()
    pace = [str(FIRST_S), str(BETWEEN_S)]
    server = _Restarted([sys.executable, str(SCRIPT), str(port), *pace], port)
    valkey = _Restarted([*valkey_command(folder / "valkey", redis_port)], redis_port)
    redis_url = f"redis://127.0.0.1:{redis_port}/0"
    limits = dict.fromkeys(("GATEWAY_CALLS_PER_MINUTE", "GATEWAY_BYTES_PER_MINUTE"), "999999999")
    upstream = {"GATEWAY_UPSTREAM_URL": f"http://127.0.0.1:{port}"}
    gateway = RunningGateway(redis_url, folder, {**upstream, **limits})
    for process in (server, valkey, gateway):
        process.start()
    calls: list[Call] = []
    load = [asyncio.create_task(_ask(gateway.port, calls.append)) for _ in range(APPLICATIONS)]
    try:
        for number in range(kills):
            await asyncio.sleep(draw.uniform(*_BETWEEN_KILLS_S))
            victim = (gateway, valkey, server)[number % 3]
            victim.kill()
            await asyncio.to_thread(victim.start)
        for task in load:
            task.cancel()
        await asyncio.gather(*load, return_exceptions=True)
        return await _result(calls, gateway, redis_url)
    finally:
        for process in (gateway, valkey, server):
            process.kill()


async def _ask(port: int, answered: Callable[[Call], None]) -> None:
    while True:
        with suppress(OSError):
            answered(await call(port))
        await asyncio.sleep(0.005)


async def _result(calls: list[Call], gateway: RunningGateway, redis_url: str) -> KillsResult:
    async def published() -> bool:
        return gateway.metric("ratchet_gateway_spool_bytes") == 0

    await eventually(published, 60, pause_s=0.2)
    async with Redis.from_url(redis_url) as redis:
        entries = await redis.xrange(CALLS.key)
    recorded = Counter(
        CallServed.model_validate_json(fields[b"__data__"]).call_id for _, fields in entries
    )
    return KillsResult(
        calls=len(calls),
        altered=sum(one.altered for one in calls),
        doubled=sum(count > 1 for count in recorded.values()),
        lost=len({one.call_id for one in calls if one.call_id} - recorded.keys()),
        counted=int(gateway.metric("ratchet_gateway_lost_calls_total")),
    )
