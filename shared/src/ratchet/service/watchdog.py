"""Ends a process that no longer works, with the reason, so that its supervisor starts it again.

The same sign for every supervisor, and enough for one that sees only the end of a process.
"""

import asyncio
import faulthandler
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

_log = logging.getLogger(__name__)
_EVERY_S = 1.0
_SURE_AFTER = 5
"""After a pause of the machine every loop looks late until it has turned once."""
_STATUS = 1
_STDERR = 2


@asynccontextmanager
async def watched(stuck: Callable[[], str | None], limit_s: float) -> AsyncIterator[None]:
    """End the process when the event loop has not turned for `limit_s`, or `stuck` has a reason.

    The watch counts its own turns: with the whole process, such as by SIGSTOP, it stops too.
    """
    turns = _Turns(limit_s)
    turning = asyncio.ensure_future(turns.turn())
    over = threading.Event()
    thread = threading.Thread(
        target=_watch, args=(turns, stuck, limit_s, over), name="watchdog", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        turning.cancel()
        faulthandler.cancel_dump_traceback_later()


class _Turns:
    """Counts the turns of the event loop."""

    def __init__(self, limit_s: float) -> None:
        self.count = 0
        # A thread of Python cannot run while a call holds the interpreter, such as an endless
        # regular expression. The one of `faulthandler` can: it ends the process a little later.
        self._hard_limit_s = 1.5 * limit_s + 5.0

    async def turn(self) -> None:
        while True:
            self.count += 1
            faulthandler.dump_traceback_later(self._hard_limit_s, exit=True, file=_STDERR)
            await asyncio.sleep(_EVERY_S)


def _watch(
    turns: _Turns, stuck: Callable[[], str | None], limit_s: float, over: threading.Event
) -> None:
    seen, still, sure = -1, 0, 0
    while not over.wait(_EVERY_S):
        still = still + 1 if turns.count == seen else 0
        seen = turns.count
        reason = stuck()
        sure = sure + 1 if reason else 0
        if still * _EVERY_S >= limit_s:
            _end_now(f"the event loop has not turned for {still * _EVERY_S:.0f} s")
        if reason is not None and sure >= _SURE_AFTER:
            _end_now(reason)


def _end_now(reason: str) -> None:
    end_within(5.0)  # should the log be what hangs
    _log.critical("the process ends, because it is stuck: %s", reason)
    with suppress(OSError, ValueError):
        faulthandler.dump_traceback(file=_STDERR)
    os._exit(_STATUS)


def end_within(limit_s: float) -> None:
    """End the process with status 1 after `limit_s` seconds, if it has not ended by then."""
    timer = threading.Timer(limit_s, os._exit, (_STATUS,))
    timer.daemon = True
    timer.start()
