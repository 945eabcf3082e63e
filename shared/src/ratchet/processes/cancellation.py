"""Tasks that have to end."""

import asyncio
from typing import Any


async def end_all(*tasks: "asyncio.Future[Any]", again_s: float = 5.0) -> None:
    """Cancel `tasks` until each has ended, however it ends: those left, anew every `again_s`.

    Once is not enough: Python 3.11's `wait_for`, by which redis-py sends, answers a cancellation
    with the result of a call that is just done, and the task goes on. A second one would disturb
    a task that is clearing up, such as waiting for a process that it has killed: leave it time.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=again_s)
    await asyncio.gather(*tasks, return_exceptions=True)
