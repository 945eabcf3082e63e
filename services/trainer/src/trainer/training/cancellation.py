"""A run that is watched while it works: somebody may call it off, and so may the clock."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ratchet.contract import Verdict
from ratchet.processes import end_all

T = TypeVar("T")


class CalledOff(Exception):
    """The run has to end without a judgement, with this verdict; the message says why."""

    def __init__(self, verdict: Verdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict = verdict


def cancelled(who: str) -> CalledOff:
    return CalledOff("cancelled", f"cancelled by {who}")


async def unless_called_off(
    work: Coroutine[Any, Any, T],
    cancelled_by: Callable[[], str | None],
    every_s: float,
    limit_s: float,
) -> T:
    """Do `work`; ends it with `CalledOff` after `limit_s`, or once it was cancelled.

    `cancelled_by` names who did, and may block; it is asked every `every_s` and after the work.
    """
    end = time.monotonic() + limit_s
    working = asyncio.ensure_future(work)
    try:
        while True:
            done = working.done()
            who = await asyncio.to_thread(cancelled_by)
            if who is not None:
                raise cancelled(who)
            if done:
                return working.result()
            left = end - time.monotonic()
            if left <= 0:
                raise CalledOff("failed", f"took longer than {limit_s:g} s")
            await asyncio.wait({working}, timeout=min(every_s, left))
    finally:
        await end_all(working)
