"""Aborts the work of a run when a user cancels it or when its time is up."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ratchet.contract import Verdict
from ratchet.processes import end_all

T = TypeVar("T")


class RunAborted(Exception):
    """Ends a run without a judgement, with this verdict; the message is the reason."""

    def __init__(self, verdict: Verdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict = verdict


def aborted_by(user: str) -> RunAborted:
    return RunAborted("cancelled", f"cancelled by {user}")


async def abort_on_cancellation(
    work: Coroutine[Any, Any, T],
    cancelled_by: Callable[[], str | None],
    every_s: float,
    limit_s: float,
) -> T:
    """Return the result of `work`. Raises `RunAborted` on cancellation and after `limit_s`.

    `cancelled_by` returns the user who cancelled and may block. It is called every `every_s`
    seconds, and once more after the work, so that a cancellation never loses to a result.
    """
    end = time.monotonic() + limit_s
    working = asyncio.ensure_future(work)
    try:
        while True:
            done = working.done()
            user = await asyncio.to_thread(cancelled_by)
            if user is not None:
                raise aborted_by(user)
            if done:
                return working.result()
            remaining = end - time.monotonic()
            if remaining <= 0:
                raise RunAborted("failed", f"took longer than {limit_s:g} s")
            await asyncio.wait({working}, timeout=min(every_s, remaining))
    finally:
        await end_all(working)
