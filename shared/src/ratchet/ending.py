"""Tasks that have to end."""

import asyncio
from typing import Any

_AGAIN_S = 1.0


async def end_all(*tasks: "asyncio.Future[Any]") -> None:
    """Cancel `tasks` until each has ended, however it ends.

    Once is not enough: Python 3.11's `wait_for`, by which redis-py sends, answers a cancellation
    with the result of a call that is just done, and the task goes on.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)
