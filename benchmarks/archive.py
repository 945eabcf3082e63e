"""Measures the archive: MB/s from a stream into verified files, and bytes per event on disk.

Simulated experiences of one past day on a real Valkey; the time covers reading, compression,
fsync, reading back and trimming. The baseline is gzip over JSON Lines, not verified.

Run: python benchmarks/archive.py [--events 20000]
"""

import argparse
import asyncio
import gzip
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from ledger.archive.archivist import Archivist
from ledger.archive.metrics import ArchiveMetrics
from ledger.archive.store import ArchiveStore
from ledger.domain.archive.retention import StreamRetention
from ratchet.contract import EXPERIENCES
from ratchet.delivery import DATA_FIELD, entry_of
from ratchet_testing.simulated_facts import facts_of
from ratchet_testing.valkey import free_port, valkey_server
from simulator import simulate

START = datetime(2026, 1, 5, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)


def payloads(events: int) -> list[bytes]:
    facts = facts_of(simulate(5, events // 2, 2, start=START))
    mine = [entry_of(fact) for fact in facts]
    return [fields[DATA_FIELD] for key, fields in mine if key == EXPERIENCES.key]


async def archived(url: str, directory: str, bodies: list[bytes]) -> float:
    """Seconds until `bodies` are archived and trimmed."""
    async with Redis.from_url(url) as redis:
        pipe = redis.pipeline(transaction=False)
        for number, payload in enumerate(bodies):
            pipe.xadd(EXPERIENCES.key, {DATA_FIELD: payload}, id=f"{START_MS + number}-0")
        await pipe.execute()
        for group in EXPERIENCES.groups:
            await redis.xgroup_create(EXPERIENCES.key, group, id="$")
        metrics = ArchiveMetrics(CollectorRegistry())
        archivist = Archivist(redis, ArchiveStore(directory), StreamRetention(), metrics)
        began = time.perf_counter()
        await archivist.archive(EXPERIENCES)
        took = time.perf_counter() - began
        assert await redis.xlen(EXPERIENCES.key) == 0
    return took


def gzip_seconds(directory: Path, bodies: list[bytes]) -> float:
    began = time.perf_counter()
    with gzip.open(directory / "plain.jsonl.gz", "wb") as file:
        for payload in bodies:
            file.write(payload + b"\n")
    descriptor = os.open(directory / "plain.jsonl.gz", os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    return time.perf_counter() - began


def main(events: int) -> None:
    bodies = payloads(events)
    raw = sum(map(len, bodies))
    table = Table(
        "", "MB/s", "bytes an event", title=f"{len(bodies)} experiences, {raw / 1e6:.0f} MB"
    )
    table.add_row("on the stream", "", f"{raw / len(bodies):.0f}")
    with tempfile.TemporaryDirectory() as directory:
        archive, plain = Path(directory) / "archive", Path(directory)
        with valkey_server(Path(directory) / "valkey", free_port()) as url:
            took = asyncio.run(archived(url, str(archive), bodies))
        size = sum(path.stat().st_size for path in archive.rglob("*.parquet"))
        table.add_row("archive", f"{raw / 1e6 / took:.0f}", f"{size / len(bodies):.0f}")
        took = gzip_seconds(plain, bodies)
        size = (plain / "plain.jsonl.gz").stat().st_size
        table.add_row("gzip, JSON Lines", f"{raw / 1e6 / took:.0f}", f"{size / len(bodies):.0f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    main(parser.parse_args().events)
