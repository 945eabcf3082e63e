"""Measures the intake of experiences, compared with a bare FastAPI route.

Both run under uvicorn with one worker, in separate processes on the same Valkey, and are loaded in
turn, so that other load on the machine slows both. The bare routes validate nothing: `one` appends
the body, `split` appends every element of the array, as a batch requires, and `whole` appends the
array as one entry, which no consumer could read.

Latency counts from the time a request was due, so a stall counts for all requests it delays.

Run: python benchmarks/intake.py [--rounds N] [--rate R] [--seconds S]
"""

import asyncio
import json
import os
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Annotated, Any

import typer
import uvloop
from http_load.connection import Connection
from http_load.process import BARE, INTAKE, server
from http_load.steady import post_steadily
from rich.console import Console
from rich.table import Table

from ratchet_testing.legacy.population import population
from ratchet_testing.valkey import free_port, valkey_server

BAR_RATIO, BAR_P99_MS = 0.7, 25.0
BATCH, BYTES, CONNECTIONS = 100, 3_000, 32


def rows() -> list[dict[str, Any]]:
    """Experiences of a plant, each padded to 3 kB with readings and notes."""
    results = population(1)["experiences"][:BATCH]
    rng = Random(1)
    for row in results:
        lacking = BYTES - len(json.dumps(row))
        readings = {f"reading_{n}": round(rng.uniform(0, 99), 2) for n in range(lacking // 40)}
        notes = "Checked by the morning shift, nothing to report. " * (lacking // 100)
        row["available_data_summary"] = {"readings": readings, "notes": notes}
    return results


@dataclass
class Turns:
    """Events per second and CPU microseconds per event, one pair per round."""

    speeds: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)


async def closed_loop(
    port: int, path: str, bodies: list[bytes], seconds: float
) -> tuple[int, float]:
    """The number of responses and the seconds, with every connection always busy."""
    end = time.perf_counter() + seconds
    count = 0

    async def one(number: int) -> None:
        nonlocal count
        connection = await Connection.open(port)
        while time.perf_counter() < end:
            await connection.post(path, bodies[(number + count) % len(bodies)])
            count += 1
        connection.close()

    began = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(CONNECTIONS)))
    return count, time.perf_counter() - began


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each contestant.")] = 5,
    slice_s: Annotated[float, typer.Option(min=0.1, help="Seconds of one turn.")] = 1.0,
    rate: Annotated[float, typer.Option(min=1, help="Single posts a second.")] = 300,
    seconds: Annotated[float, typer.Option(min=1, help="Of single posts.")] = 20,
) -> None:
    results = rows()
    singles = [json.dumps(row).encode() for row in results]
    batch = [json.dumps(results).encode()]
    turns: dict[str, Turns] = {}
    with tempfile.TemporaryDirectory() as directory, ExitStack() as running:
        at = Path(directory)
        url = running.enter_context(valkey_server(at / "valkey", free_port(), "8gb"))
        ours = running.enter_context(server(INTAKE, url, at))
        bare = running.enter_context(server(BARE, url, at))
        contestants = {
            "ours, single": (ours, "/v1/experiences", singles, 1),
            "bare, single": (bare, "/one", singles, 1),
            "ours, batch": (ours, "/v1/experiences", batch, BATCH),
            "bare, batch": (bare, "/split", batch, BATCH),
            "bare, whole": (bare, "/whole", batch, BATCH),
        }
        path = "/v1/experiences"
        uvloop.run(post_steadily(ours.port, path, singles, rate, 2, CONNECTIONS))
        latencies = uvloop.run(post_steadily(ours.port, path, singles, rate, seconds, CONNECTIONS))
        for _ in range(rounds + 1):
            for name, (running_server, path, bodies, size) in contestants.items():
                before = running_server.cpu_s()
                load = closed_loop(running_server.port, path, bodies, slice_s)
                count, seconds_taken = uvloop.run(load)
                turn = turns.setdefault(name, Turns())
                turn.speeds.append(count * size / seconds_taken)
                turn.costs.append((running_server.cpu_s() - before) * 1e6 / (count * size))
    show(turns, latencies, rate)


def show(turns: dict[str, Turns], latencies: list[float], rate: float) -> None:
    """The first round is a warm-up; ratios are those of neighboring rounds."""

    def row(name: str, ours: str, bare: str, bar: str) -> None:
        pairs = list(zip(turns[ours].speeds[1:], turns[bare].speeds[1:], strict=True))
        ratio = median(a / b for a, b in pairs)
        mine, theirs = (median(side) for side in zip(*pairs, strict=True))
        costs = [median(turns[side].costs[1:]) for side in (ours, bare)]
        results = f"{mine:,.0f} / {theirs:,.0f} = {ratio:.2f}"
        table.add_row(name, results, bar, f"{costs[0]:.0f} / {costs[1]:.0f} us")

    share = quantiles(latencies, n=100)
    table = Table(
        "",
        "observed",
        "bar",
        "CPU an event",
        title=f"intake on {os.cpu_count()} cores, load included",
    )
    bar = f">= {BAR_RATIO}"
    row("events/s, single posts: ours / bare", "ours, single", "bare, single", bar)
    row(f"events/s, batches of {BATCH}: ours / bare", "ours, batch", "bare, batch", bar)
    row("events/s, batches: ours / bare, one entry a batch", "ours, batch", "bare, whole", "")
    table.add_row(
        f"single posts at {rate:.0f}/s",
        f"p50 {share[49]:.1f} ms, p95 {share[94]:.1f} ms, p99 {share[98]:.1f} ms",
        f"p99 <= {BAR_P99_MS:.0f} ms",
    )
    Console(width=130).print(table)


if __name__ == "__main__":
    typer.run(main)
