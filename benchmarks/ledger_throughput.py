"""Measures events per second into the ledger on SQLite, and queries over a million rows.

The ledger's process starts with a full backlog in real streams: experiences of 3 kB, their
feedback, scores and examples. Of the million, the first rows are written by the same code without
the streams; the others are copies with other ids and times, without the events' bodies.

Run: python benchmarks/ledger_throughput.py [experiences]
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from ledger_data.copies import multiply
from ledger_data.events import happened, originals
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from ledger.backends.database import open_for_reading, open_for_writing
from ledger.backends.migration import migrate
from ledger.backends.writer import SqlLedger
from ledger.reading import LedgerReader
from ratchet.contract import Event, ExperienceRecorded, ExperienceScored, derived_id
from ratchet.delivery import Publisher
from ratchet_testing.valkey import free_port, valkey_server

ROUNDS = 3
MILLION = 1_000_000
ORIGINALS, BATCH = 10_000, 500
PAGE = 2000
BAR_EVENTS, BAR_STATUS_MS, BAR_HISTORY_MS = 3_000, 20, 300


def ledger_process(url: str, database: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "ledger"],
        env={
            **os.environ,
            "RATCHET_REDIS_URL": url,
            "RATCHET_LEDGER_URL": database,
            "RATCHET_PORT": str(free_port()),
            "RATCHET_LOG_LEVEL": "error",
        },
    )


async def events_a_second(url: str, events: list[Event], directory: Path) -> float:
    """Seconds from the first durable batch to the last."""
    async with Redis.from_url(url) as redis:
        await redis.flushall()
        for start in range(0, len(events), 500):
            await Publisher(redis).publish(events[start : start + 500])
    database = f"sqlite:///{directory}/{time.time_ns()}.db"
    migrate(open_for_writing(database))
    reader = LedgerReader(open_for_reading(database))
    process = ledger_process(url, database)
    try:
        written = first = 0
        began = 0.0
        while written < len(events):
            await asyncio.sleep(0.05)
            written = sum(reader.counts().events.values())
            if written and not first:
                first, began = written, time.perf_counter()
        return (len(events) - first) / (time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait()


def milliseconds(query: Callable[[], object]) -> tuple[float, float]:
    """The median and the maximum of twenty calls."""
    durations = []
    for _ in range(20):
        began = time.perf_counter()
        query()
        durations.append((time.perf_counter() - began) * 1000)
    return median(durations), max(durations)


def ask_a_million(directory: Path, count: int, events: list[Event], table: Table) -> None:
    engine = open_for_writing(f"sqlite:///{directory}/million.db")
    migrate(engine)
    write = SqlLedger(engine).write
    model = next(event for event in events if isinstance(event, ExperienceRecorded))
    scored = next(event for event in events if isinstance(event, ExperienceScored))
    began, batch = time.perf_counter(), []
    for event in originals(model, scored, ORIGINALS):
        batch.append(event)
        if len(batch) == BATCH:
            write(batch)
            batch = []
    filled = 2 * ORIGINALS / (time.perf_counter() - began)
    table.add_row("written without streams", f"{filled:,.0f} events/s", "")
    multiply(engine, count // ORIGINALS)
    reader = LedgerReader(open_for_reading(f"sqlite:///{directory}/million.db"))

    def status() -> None:
        reader.counts()
        reader.history(50)

    def history() -> None:
        reader.counts()
        for name, limit in (("intent", 10), ("scenario", 15), ("characteristic", 100)):
            reader.most_frequent(name, limit)
        reader.last_verdict()
        reader.history(PAGE)

    one = derived_id("original", "1")
    table.add_row("experiences held", f"{reader.counts().total:,}", "")
    for name, query, bar in (
        ("status: counts and the last 50", status, BAR_STATUS_MS),
        (f"history: counts, the most frequent, the last {PAGE}", history, BAR_HISTORY_MS),
        ("one experience", lambda: reader.experience(one), None),
    ):
        usual, slowest = milliseconds(query)
        shown = f"bar {bar} ms" if bar is not None else ""
        table.add_row(name, f"{usual:.1f} ms, slowest {slowest:.1f} ms", shown)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MILLION
    events = asyncio.run(happened())
    table = Table("", "measured", "", title=f"ledger on SQLite, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        with valkey_server(directory / "valkey", free_port()) as url:
            results = [asyncio.run(events_a_second(url, events, directory)) for _ in range(ROUNDS)]
        mixed = f"{len(events):,} events from real streams"
        table.add_row(mixed, f"{median(results):,.0f} events/s", f"bar {BAR_EVENTS:,}")
        if count:
            ask_a_million(directory, count, events, table)
    Console().print(table)


if __name__ == "__main__":
    main()
