"""Waits for a condition instead of a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(
    probe: Callable[[], Awaitable[T]], deadline_s: float = 10.0, pause_s: float = 0.02
) -> T:
    """Return the first truthy result of `probe`, called every `pause_s`.

    Raises `TimeoutError` with the last result.
    """
    end = time.monotonic() + deadline_s
    while True:
        answer = await probe()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"still {answer!r} after {deadline_s} s")
        await asyncio.sleep(pause_s)
