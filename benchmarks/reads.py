"""Measures the Command Center's two routes with a million experiences in the ledger.

Intake and ledger run as in production; all but the first of the million rows are copies, as in
`ledger_throughput.py`: the newest are scattered over the file, each on another page. Each round
starts the intake after the kernel dropped the file from its cache; the first response and later
ones, each computed without a cache, are timed. Finally, pages poll during single posts.

Run: python benchmarks/reads.py [experiences] [directory with a ledger to reuse]
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import httpx
from http_load.process import INTAKE, Server, server
from ledger_data.copies import multiply
from ledger_data.events import happened, originals
from rich.console import Console
from rich.table import Table

from ledger.backends.database import open_for_writing
from ledger.backends.migration import migrate
from ledger.backends.writer import SqlLedger
from ratchet.contract import ExperienceRecorded, ExperienceScored
from ratchet_testing.deliveries import delivered
from ratchet_testing.valkey import free_port, valkey_server

MILLION, ORIGINALS, BATCH = 1_000_000, 10_000, 500
PAST_THE_CACHE_S = 1.05
ROUNDS, POLLS = 3, 25
ROUTES = (
    ("/api/layer2/rl-status/", None, 20),
    ("/api/layer2/rl-history/", 500, 300),
    ("/api/layer2/rl-history/", 2000, 300),
    ("/v1/experiences", 100, None),
    ("/v1/examples", 100, None),
)
"""Path, `limit`, bar in ms."""


def fill(directory: Path, count: int) -> None:
    engine = open_for_writing(f"sqlite:///{directory}/ledger.db")
    migrate(engine)
    events = asyncio.run(happened())
    model = next(event for event in events if isinstance(event, ExperienceRecorded))
    scored = next(event for event in events if isinstance(event, ExperienceScored))
    batch = list(originals(model, scored, ORIGINALS))
    for start in range(0, len(batch), BATCH):
        SqlLedger(engine).write(delivered(batch[start : start + BATCH]))
    multiply(engine, count // ORIGINALS)
    for start in range(0, len(events), BATCH):
        SqlLedger(engine).write(delivered(events[start : start + BATCH]))
    engine.dispose()


def forget(file: Path) -> None:
    """Make the kernel drop the file's pages, so that the next reads go to the disk."""
    with file.open("rb") as opened:
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def took(client: httpx.Client, path: str, limit: int | None) -> float:
    began = time.perf_counter()
    client.get(path, params=None if limit is None else {"limit": limit}).raise_for_status()
    return (time.perf_counter() - began) * 1000


def cold_and_warm(
    url: str, directory: Path, path: str, limit: int | None
) -> tuple[float, list[float], float]:
    """Milliseconds: the first response after a start, later ones, CPU time per response."""
    forget(directory / "ledger.db")
    with (
        server(INTAKE, url, directory) as intake,
        httpx.Client(base_url=intake.url, timeout=60) as client,
    ):
        client.get("/livez")
        first = took(client, path, limit)
        began, later = intake.cpu_s(), []
        for number in range(POLLS):
            if limit is None:
                time.sleep(PAST_THE_CACHE_S)
            later.append(took(client, path, limit and limit - 1 - number % 2))
        cpu_ms = (intake.cpu_s() - began) * 1000 / POLLS
    return first, later, cpu_ms


async def beside_posts(intake: Server, pages: int, seconds: float) -> tuple[list[float], list[int]]:
    """Milliseconds of `pages` that poll every 5 s, and the statuses of posts."""
    durations: list[float] = []
    posted: list[int] = []
    end = time.monotonic() + seconds

    async def poll(client: httpx.AsyncClient, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        while time.monotonic() < end:
            began = time.perf_counter()
            (await client.get("/api/layer2/rl-status/")).raise_for_status()
            durations.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(5)

    async def post(client: httpx.AsyncClient) -> None:
        number = 0
        while time.monotonic() < end:
            number += 1
            body = {"query_id": f"read-{number}", "rating": "up"}
            posted.append((await client.post("/v1/feedback", json=body)).status_code)
            await asyncio.sleep(0.02)

    async with httpx.AsyncClient(base_url=intake.url, timeout=60) as client:
        await asyncio.gather(
            *(poll(client, 5 * number / pages) for number in range(pages)), post(client)
        )
    return durations, posted


def row(
    table: Table,
    name: str,
    first: float | None,
    durations: list[float],
    bar: int | None,
    cpu_ms: float | None = None,
) -> None:
    p99 = quantiles(durations, n=100)[98]
    shown = (median(durations), p99, max(durations), first, cpu_ms, bar)
    table.add_row(name, *("" if value is None else f"{value:.0f}" for value in shown))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MILLION
    table = Table(
        "ms", "median", "p99", "slowest", "first, cold", "core", "bar", title=f"{count:,}"
    )
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(folder)
        if not (directory / "ledger.db").exists():
            fill(directory, count)
        with valkey_server(Path(folder) / "valkey", free_port()) as url:
            for path, limit, bar in ROUTES:
                results = [cold_and_warm(url, directory, path, limit) for _ in range(ROUNDS)]
                later = [ms for _, warm, _ in results for ms in warm]
                row(
                    table,
                    f"{path} {limit or ''}",
                    max(first for first, *_ in results),
                    later,
                    bar,
                    median(cpu_ms for *_, cpu_ms in results),
                )
            with server(INTAKE, url, directory) as intake:
                durations, posted = asyncio.run(beside_posts(intake, 50, 20))
                row(table, f"rl-status, 50 pages, {len(posted)} posts beside", None, durations, 20)
    Console().print(table)


if __name__ == "__main__":
    main()
