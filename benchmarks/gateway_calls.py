"""What the gateway adds to the first token: `python benchmarks/gateway.py`."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from gateway_load.applications import streams
from http_load.process import server

from ratchet_testing.valkey import free_port, valkey_server, wait_for_port

GATEWAY = ("-m", "gateway")
STREAMS, SECONDS, ROUNDS = 50, 5.0, 3


def quantiles(times: list[float]) -> tuple[float, float]:
    cut = statistics.quantiles(times, n=100)
    return 1e3 * cut[49], 1e3 * cut[98]


async def measure(bare: int, gateway: int) -> None:
    times: dict[str, list[float]] = {"bare": [], "gateway": []}
    for _ in range(ROUNDS):
        for name, port in (("bare", bare), ("gateway", gateway)):
            calls = await streams(port, STREAMS, SECONDS)
            times[name] += [c.first_s for c in calls if c.first_s is not None]
    for name, found in times.items():
        print(name, len(found), *(f"{q:.2f} ms" for q in quantiles(found)))
    b, g = quantiles(times["bare"]), quantiles(times["gateway"])
    print(f"added p50 {g[0] - b[0]:.2f} ms, p99 {g[1] - b[1]:.2f} ms")


def main() -> None:
    port = free_port()
    script = Path(__file__).parent / "gateway_load" / "model_server.py"
    upstream = subprocess.Popen([sys.executable, str(script), str(port)])
    with (
        tempfile.TemporaryDirectory() as folder,
        valkey_server(Path(folder) / "v", free_port()) as redis,
    ):
        wait_for_port(port, 10)
        with server(
            ("-m", "gateway"), redis, Path(folder), GATEWAY_UPSTREAM_URL=f"http://127.0.0.1:{port}"
        ) as gateway:
            before = gateway.cpu_s()
            asyncio.run(measure(port, gateway.port))
            print("gateway cpu", gateway.cpu_s() - before)
    upstream.kill()


if __name__ == "__main__":
    main()
