"""Cancels tasks reliably."""

import asyncio
from typing import Any


async def end_all(*tasks: "asyncio.Future[Any]", again_s: float = 5.0) -> None:
    """Cancel `tasks` until each has ended, and again every `again_s` seconds those still running.

    Once is not enough: Python 3.11's `wait_for`, which redis-py uses to send, may return the result
    of a call that just finished instead of raising the cancellation
    (https://github.com/python/cpython/issues/86296). A second one too soon would interrupt a task
    that is cleaning up, such as one that waits for a process it has killed.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=again_s)
    await asyncio.gather(*tasks, return_exceptions=True)
