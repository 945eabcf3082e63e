"""Measures the intake of experiences, compared with a bare FastAPI route.

Both run under uvicorn with one worker, in separate processes on the same Valkey, and are loaded in
turn, so that other load on the machine slows both. The bare routes validate nothing: `one` appends
the body, `split` appends every element of the array, as a batch requires, and `whole` appends the
array as one entry, which no consumer could read.

Latency counts from the time a request was due, so a stall counts for all requests it delays.

`--before` loads the intake of an earlier checkout beside this one's, in pairs of turns whose order
alternates, instead of the bare routes.

Run: python benchmarks/intake.py [--rounds N] [--rate R] [--seconds S] [--before CHECKOUT]
"""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Annotated, Any, NamedTuple

import typer
import uvloop
from http_load.connection import Connection
from http_load.process import BARE, INTAKE, Server, server
from http_load.steady import post_steadily
from rich.console import Console
from rich.table import Table

from ratchet_testing.legacy.population import population
from ratchet_testing.valkey import free_port, valkey_server

BAR_RATIO, BAR_P99_MS = 0.7, 25.0
BAR_BEFORE = 0.95
MUCH = str(10**12)
WITHOUT_RATES = {"INGEST_CALLS_PER_MINUTE": MUCH, "INGEST_BYTES_PER_MINUTE": MUCH}
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


class Contestant(NamedTuple):
    """A route of a running server, the bodies to post, and the items in each."""

    server: Server
    path: str
    bodies: list[bytes]
    size: int


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
    before: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="An earlier checkout.")
    ] = None,
) -> None:
    results = rows()
    singles = [json.dumps(row).encode() for row in results]
    batch = [json.dumps(results).encode()]
    path = "/v1/experiences"
    with tempfile.TemporaryDirectory() as directory, ExitStack() as running:
        at = Path(directory)
        url = running.enter_context(valkey_server(at / "valkey", free_port(), "8gb"))
        ours = running.enter_context(server(INTAKE, url, at, **WITHOUT_RATES))
        contestants = {
            "ours, single": Contestant(ours, path, singles, 1),
            "ours, batch": Contestant(ours, path, batch, BATCH),
        }
        if before is not None:
            theirs = running.enter_context(server(INTAKE, url, at, before.resolve()))
            contestants["before, single"] = Contestant(theirs, path, singles, 1)
            contestants["before, batch"] = Contestant(theirs, path, batch, BATCH)
            show_before(take_turns(contestants, rounds, slice_s))
            return
        bare = running.enter_context(server(BARE, url, at))
        contestants["bare, single"] = Contestant(bare, "/one", singles, 1)
        contestants["bare, batch"] = Contestant(bare, "/split", batch, BATCH)
        contestants["bare, whole"] = Contestant(bare, "/whole", batch, BATCH)
        uvloop.run(post_steadily(ours.port, path, singles, rate, 2, CONNECTIONS))
        latencies = uvloop.run(post_steadily(ours.port, path, singles, rate, seconds, CONNECTIONS))
        show(take_turns(contestants, rounds, slice_s), latencies, rate)


def take_turns(
    contestants: Mapping[str, Contestant], rounds: int, slice_s: float
) -> dict[str, Turns]:
    """The turns of each contestant, in an order that is reversed each round.

    The first round is a warm-up and not among them.
    """
    turns = {name: Turns() for name in contestants}
    names = sorted(contestants, key=lambda name: name.partition(", ")[::-1])
    for number in range(rounds + 1):
        for name in names[:: 1 if number % 2 else -1]:
            running, path, bodies, size = contestants[name]
            used_s = running.cpu_s()
            count, taken_s = uvloop.run(closed_loop(running.port, path, bodies, slice_s))
            if number:
                turns[name].speeds.append(count * size / taken_s)
                turns[name].costs.append((running.cpu_s() - used_s) * 1e6 / (count * size))
    return turns


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios of neighboring turns."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def show_before(turns: Mapping[str, Turns]) -> None:
    rounds = len(turns["ours, single"].speeds)
    title = f"{rounds} alternating rounds on {os.cpu_count()} cores, medians"
    table = Table("", "before", "now", "now / before", "bar", title=title)
    for kind in ("single", "batch"):
        ours, theirs = turns[f"ours, {kind}"], turns[f"before, {kind}"]
        for what, mine, other, bar in (
            ("events/s", ours.speeds, theirs.speeds, f">= {BAR_BEFORE}"),
            ("CPU us an event", ours.costs, theirs.costs, f"<= {1 / BAR_BEFORE:.2f}"),
        ):
            numbers = f"{median(other):,.0f}", f"{median(mine):,.0f}"
            table.add_row(f"{kind}: {what}", *numbers, f"{ratio(mine, other):.3f}", bar)
    Console().print(table)


def show(turns: Mapping[str, Turns], latencies: list[float], rate: float) -> None:
    def row(name: str, ours: str, bare: str, bar: str) -> None:
        speeds = [turns[side].speeds for side in (ours, bare)]
        costs = [median(turns[side].costs) for side in (ours, bare)]
        mine, theirs = map(median, speeds)
        results = f"{mine:,.0f} / {theirs:,.0f} = {ratio(*speeds):.2f}"
        table.add_row(name, results, bar, f"{costs[0]:.0f} / {costs[1]:.0f} us")

    share = quantiles(latencies, n=100)
    title = f"intake on {os.cpu_count()} cores, load included"
    table = Table("", "observed", "bar", "CPU an event", title=title)
    bar = f">= {BAR_RATIO}"
    row("events/s, single: ours / bare", "ours, single", "bare, single", bar)
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
