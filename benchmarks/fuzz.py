"""Fuzzes every route that accepts a body, and imported files, and reads the accepted items.

No response may be a 5xx, no file may crash the reader, no event may become a dead letter in the
ledger or the reward service, and every accepted experience must be found under the id as sent.
Bodies: random bytes, valid bodies with errors, and fields with values of many scripts, numbers,
times, ids and encodings. Files: the same rows in each format. All are drawn from a seed.

Run: python benchmarks/fuzz.py [--count N] [--files N] [--seed S]
"""

import asyncio
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from http_load.fuzzed_files import written
from http_load.fuzzing import ROUTES, Posted, drawn
from http_load.process import INTAKE, server
from http_load.reading_back import accepted_experience_ids, listed, unreadable
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from ratchet.contract import STREAMS
from ratchet_cli.client.importing import ImportCounts, import_rows
from ratchet_rows import KINDS, UnreadableFile, open_rows
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port, valkey_server

CONNECTIONS = 16
LEDGER, REWARD = ("-m", "ledger"), ("-m", "reward")
SHOWN = 20
MOST_TRIES = 3


@dataclass
class Result:
    """`answers` by route and status; `accepted` are ids of experiences as they were sent."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    accepted: set[Any] = field(default_factory=set)
    files: Counter[str] = field(default_factory=Counter)


async def posted(client: httpx.AsyncClient, call: Posted) -> httpx.Response:
    """The answer; on a machine without time to spare, a lost connection is tried again."""
    for _ in range(MOST_TRIES - 1):
        with suppress(httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError):
            return await client.post(call.path, content=call.content, headers=call.headers)
    return await client.post(call.path, content=call.content, headers=call.headers)


async def send_all(client: httpx.AsyncClient, count: int, seed: int, result: Result) -> None:
    """Raises `AssertionError` at a 5xx."""
    calls = drawn(count, seed)

    async def sender() -> None:
        for number, call in calls:
            answer = await posted(client, call)
            assert answer.status_code < 500, (
                f"number {number} of seed {seed}: {call} got {answer.status_code}: {answer.text}"
            )
            result.answers[call.path, answer.status_code] += 1
            if call.path == "/v1/experiences" and answer.status_code == 202:
                result.accepted |= set(accepted_experience_ids(call.content, answer.json()))

    async with asyncio.TaskGroup() as together:
        for _ in range(CONNECTIONS):
            together.create_task(sender())


async def import_all(
    client: httpx.AsyncClient, directory: Path, count: int, seed: int, result: Result
) -> None:
    """Raises whatever a file makes the reader raise, except `UnreadableFile`."""
    for _, path in written(directory, count, seed):
        try:
            opened = open_rows(path, UTC, *KINDS)
            rows = list(opened.rows)
        except UnreadableFile:
            result.files["refused as a whole"] += 1
            continue
        counts = ImportCounts()
        await import_rows(client, opened.kind.path, rows, counts, 100, 10.0, lambda _: None)
        assert all(counts.refused.values()), f"{path}: a row was refused without a reason"
        result.files["imported" if counts.sent else "no row accepted"] += 1
        result.files["rows accepted"] += counts.sent
        result.files["rows refused"] += len(counts.refused)
        if opened.kind.path == "/v1/experiences":
            result.accepted |= {
                row.item["query_id"]
                for number, row in rows
                if number not in counts.refused and hasattr(row, "item")
            }


async def read_events(redis: Redis) -> int:
    """The number of events. Raises `ValidationError` for one that consumers cannot read."""
    count = 0
    for stream in STREAMS:
        for _, fields in await redis.xrange(stream.key):
            stream.adapter.validate_json(fields[b"__data__"])
            count += 1
    return count


async def consumed(redis: Redis) -> bool:
    """Whether every consumer group has handled every entry of its stream."""
    for stream in STREAMS:
        groups = await redis.xinfo_groups(stream.key) if await redis.exists(stream.key) else []
        if any(group["pending"] or group["lag"] for group in groups):
            return False
    return True


async def dead_letters(redis: Redis) -> list[str]:
    return [
        f"{stream.name}, {fields[b'group'].decode()}: {fields[b'error'].decode()[:200]}"
        for stream in STREAMS
        for _, fields in await redis.xrange(stream.dead_key)
    ]


async def fuzz(
    intake_url: str, redis_url: str, directory: Path, count: int, files: int, seed: int
) -> tuple[Result, int, list[str], list[tuple[Any, int]], int]:
    """The result, and then: events, dead letters, ids that are not found, items on all lists."""
    result = Result()
    async with (
        # Shorter than the server keeps an idle connection: it would close one as it is used again.
        httpx.AsyncClient(
            base_url=intake_url, timeout=30, limits=httpx.Limits(keepalive_expiry=1)
        ) as client,
        Redis.from_url(redis_url) as redis,
    ):
        await send_all(client, count, seed, result)
        await import_all(client, directory, files, seed, result)
        await eventually(lambda: consumed(redis), 300)
        events, dead = await read_events(redis), await dead_letters(redis)
        missing = await unreadable(client, result.accepted)
        items = await listed(client)
    return result, events, dead, missing, items


def main(
    count: Annotated[int, typer.Option(min=1)] = 20_000,
    files: Annotated[int, typer.Option(min=0)] = 5_000,
    seed: Annotated[int, typer.Option()] = 1,
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        at = Path(directory)
        with (
            valkey_server(at / "valkey", free_port()) as url,
            server(LEDGER, url, at),
            server(REWARD, url, at),
            server(INTAKE, url, at, INGEST_FEEDBACK_PER_MINUTE="1000000") as intake,
        ):
            result, events, dead, missing, items = asyncio.run(
                fuzz(intake.url, url, at, count, files, seed)
            )
    statuses = sorted({status for _, status in result.answers})
    table = Table("route", *map(str, statuses), title=f"{count} fuzzed bodies, none got a 5xx")
    for path in ROUTES:
        table.add_row(path, *(str(result.answers[path, status]) for status in statuses))
    console = Console(width=120)
    console.print(table)
    figures = ", ".join(f"{name} {number}" for name, number in result.files.items())
    console.print(f"{files} fuzzed files, none crashed the reader: {figures}")
    console.print(f"{events} events, every one can be read; {len(dead)} dead letters")
    console.print(
        f"{len(result.accepted)} experiences by their id as sent: {len(missing)} not found; "
        f"{items} items on all pages of all lists"
    )
    for problem in [*dead[:SHOWN], *missing[:SHOWN]]:
        console.print(f"  {problem!r}", markup=False)
    raise typer.Exit(bool(dead or missing))


if __name__ == "__main__":
    typer.run(main)
