"""Fuzzes every route that accepts a body: no response may be a 5xx.

Random bytes, valid bodies with bytes, values or types changed, deep nesting, huge numbers, NaN,
bad UTF-8, lone surrogates, corrupt compression and wrong content types, drawn from a seed.

Run: python benchmarks/fuzz.py [--count N] [--seed S]
"""

import asyncio
import tempfile
from collections import Counter
from pathlib import Path
from typing import Annotated

import httpx
import typer
from http_load.fuzzing import ROUTES, drawn
from http_load.process import INTAKE, server
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from ratchet.contract import STREAMS
from ratchet_testing.valkey import free_port, valkey_server

CONNECTIONS = 16


async def send_all(address: str, count: int, seed: int) -> Counter[tuple[str, int]]:
    """The number of responses by route and status. Raises `AssertionError` at a 5xx."""
    answers: Counter[tuple[str, int]] = Counter()
    calls = drawn(count, seed)

    async def sender(client: httpx.AsyncClient) -> None:
        for number, call in calls:
            answer = await client.post(call.path, content=call.content, headers=call.headers)
            assert answer.status_code < 500, (
                f"number {number} of seed {seed}: {call} got {answer.status_code}: {answer.text}"
            )
            answers[call.path, answer.status_code] += 1

    async with (
        httpx.AsyncClient(base_url=address, timeout=30) as client,
        asyncio.TaskGroup() as together,
    ):
        for _ in range(CONNECTIONS):
            together.create_task(sender(client))
    return answers


async def read_all(redis_url: str) -> int:
    """The number of events. Raises `ValidationError` for one that consumers cannot read."""
    count = 0
    async with Redis.from_url(redis_url) as redis:
        for stream in STREAMS:
            for _, fields in await redis.xrange(stream.key):
                stream.adapter.validate_json(fields[b"__data__"])
                count += 1
    return count


def main(
    count: Annotated[int, typer.Option(min=1)] = 20_000,
    seed: Annotated[int, typer.Option()] = 1,
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        at = Path(directory)
        with (
            valkey_server(at / "valkey", free_port()) as url,
            server(INTAKE, url, at, INGEST_FEEDBACK_PER_MINUTE="1000000") as intake,
        ):
            answers = asyncio.run(send_all(intake.url, count, seed))
            readable = asyncio.run(read_all(url))
    statuses = sorted({status for _, status in answers})
    table = Table("route", *map(str, statuses), title=f"{count} fuzzed bodies, none got a 5xx")
    table.caption = f"{readable} events came of them, and every one can be read"
    for path in ROUTES:
        table.add_row(path, *(str(answers[path, status]) for status in statuses))
    Console(width=110).print(table)


if __name__ == "__main__":
    typer.run(main)
