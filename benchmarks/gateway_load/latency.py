"""The time to the first token through the gateway, beside that of the bare model server."""

import asyncio
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from gateway_load.applications import call
from gateway_load.model_server import SCRIPT
from http_load.process import server

from ratchet_testing.valkey import free_port, valkey_server, wait_for_port

GATEWAY = ("-m", "gateway")


@dataclass(frozen=True)
class FirstToken:
    """Milliseconds to the first token of `calls` calls."""

    calls: int
    p50: float
    p99: float

    def __str__(self) -> str:
        return f"p50 {self.p50:6.2f} ms   p99 {self.p99:6.2f} ms   of {self.calls} calls"


@dataclass(frozen=True)
class LatencyResult:
    bare: FirstToken
    gateway: FirstToken
    cpu_ms: float
    """CPU of the gateway for a call."""

    @property
    def added(self) -> tuple[float, float]:
        """Milliseconds at the median and at the 99th percentile."""
        return self.gateway.p50 - self.bare.p50, self.gateway.p99 - self.bare.p99


def measure(streams: int, seconds: float, folder: Path) -> LatencyResult:
    """One way after the other, for half of the time each."""
    port = free_port()
    process = subprocess.Popen([sys.executable, str(SCRIPT), str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for_port(port, 30)
        with (
            valkey_server(folder / "valkey", free_port()) as redis,
            server(GATEWAY, redis, folder, GATEWAY_UPSTREAM_URL=url) as gateway,
        ):
            asyncio.run(_streams([gateway.port], streams, 1.0))  # the first calls import modules
            before = gateway.cpu_s()
            times = asyncio.run(_streams([port, gateway.port], streams, seconds))
            cpu_s = gateway.cpu_s() - before
    finally:
        process.kill()
    through = times[gateway.port]
    return LatencyResult(_of(times[port]), _of(through), 1e3 * cpu_s / len(through))


async def _streams(ports: list[int], count: int, seconds: float) -> dict[int, list[float]]:
    """The times of `count` applications with one call after another, for each of `ports`."""
    times: dict[int, list[float]] = {port: [] for port in ports}
    end = 0.0

    async def one(number: int, port: int) -> None:
        await asyncio.sleep(number / count)  # not all at the same moment
        while asyncio.get_running_loop().time() < end:
            first_s = (await call(port)).first_s
            if first_s is not None:
                times[port].append(first_s)

    for port in ports:
        end = asyncio.get_running_loop().time() + seconds / len(ports)
        await asyncio.gather(*(one(number, port) for number in range(count)))
    return times


def _of(times: list[float]) -> FirstToken:
    cuts = statistics.quantiles(times, n=100)
    return FirstToken(len(times), 1e3 * cuts[49], 1e3 * cuts[98])
