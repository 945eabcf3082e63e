"""Sends requests at a steady rate, whether the server keeps up or not."""

import asyncio
import time
from collections.abc import Sequence

from http_load.connection import Connection


async def post_steadily(
    port: int, path: str, bodies: Sequence[bytes], rate: float, seconds: float, connections: int
) -> list[float]:
    """Milliseconds from the time each request was due until its response."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(await Connection.open(port))
    durations: list[float] = []
    began = time.perf_counter()

    async def one(number: int, due: float) -> None:
        connection = await free.get()
        await connection.post(path, bodies[number % len(bodies)])
        free.put_nowait(connection)
        durations.append((time.perf_counter() - due) * 1_000)

    async with asyncio.TaskGroup() as together:
        for number in range(int(rate * seconds)):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            together.create_task(one(number, due))
    return durations
