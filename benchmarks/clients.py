"""Measures the clients: what a call and a page pay, and what an unreliable network costs.

The network before the intake cuts requests, loses answers that the server gave and delays both. The
intake is killed and started again in the middle; the Python process ends meanwhile, the page is
reloaded four times.

Run: python benchmarks/clients.py [--calls N]
"""

import asyncio
import gzip
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import quantiles
from typing import Annotated, Any

import typer
from client_losses.browser_client import MODULE, browser_losses
from client_losses.losses import Losses
from client_losses.python_client import python_losses
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from ratchet_client import Ratchet
from ratchet_testing.browser import BROWSER
from ratchet_testing.legacy.population import population
from ratchet_testing.valkey import free_port, valkey_server

BAR_MICROSECONDS, BAR_BYTES = 50, 4_000
_ESBUILD = MODULE.parent / "node_modules" / ".bin" / "esbuild"
_UNREACHABLE = "http://127.0.0.1:9"


def call_times(calls: int, spool: Path | None) -> list[float]:
    """Microseconds of each `record` of a stored row, while the server is unreachable."""
    rows: list[dict[str, Any]] = population(1)["experiences"]
    client = Ratchet(_UNREACHABLE, spool=spool, on_dropped=lambda event: None)
    times = []
    for number in range(calls):
        began = time.perf_counter_ns()
        client.record(rows[number % len(rows)])
        times.append((time.perf_counter_ns() - began) / 1_000)
    client.close(0)
    return times


def weights() -> list[tuple[str, int]]:
    content = MODULE.read_bytes()
    found = [("as it is, gzip", len(gzip.compress(content, 9)))]
    if _ESBUILD.exists():
        command = [_ESBUILD, "--minify", MODULE]
        small = subprocess.run(command, capture_output=True, check=True).stdout
        found.append(("minified, gzip", len(gzip.compress(small, 9))))
    return found


async def all_losses(directory: Path) -> dict[str, Losses]:
    found: dict[str, Losses] = {}
    for name, run in (("Python", python_losses), ("browser", browser_losses)):
        if name == "browser" and BROWSER is None:
            continue
        with valkey_server(directory / name / "valkey", free_port()) as url:
            redis = Redis.from_url(url)
            found[name] = await run(redis, url, directory / name / "run")
            await redis.aclose()
    return found


def main(
    calls: Annotated[int, typer.Option(help="Calls of `record` that are timed.")] = 20_000,
) -> None:
    table = Table("measure", "value", "bar")
    directory = Path(tempfile.mkdtemp())
    try:
        for name, spool in (("disk", directory / "spool"), ("memory", None)):
            cuts = quantiles(call_times(calls, spool), n=100)
            bar = f"{BAR_MICROSECONDS} µs"
            table.add_row(f"Python, record, spool in {name}: median", f"{cuts[49]:.0f} µs", bar)
            table.add_row(f"Python, record, spool in {name}: 99 %", f"{cuts[98]:.0f} µs", "")
        for name, size in weights():
            table.add_row(f"browser, module {name}", f"{size:,} bytes", f"{BAR_BYTES:,} bytes")
        for name, found in asyncio.run(all_losses(directory)).items():
            faults = ", ".join(f"{count} {fault}" for fault, count in found.faults.items())
            table.add_row(f"{name}, events sent", f"{found.sent:,} ({faults})", "")
            table.add_row(f"{name}, not sent in time", f"{found.waiting}", "0")
            table.add_row(f"{name}, lost", f"{found.lost}", "0")
            table.add_row(f"{name}, doubled", f"{found.doubled}", "0")
            table.add_row(f"{name}, not shown by the API", f"{found.not_shown}", "0")
    finally:
        shutil.rmtree(directory)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
