"""How a service's process ends: a refused start, a loop that ended, a stop that hangs."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from ratchet.service.watchdog import end_within

_log = logging.getLogger(__name__)
_STOP_LIMIT_S = 20.0
_EXIT_LIMIT_S = 10.0


class StartRefused(RuntimeError):
    """The service cannot start; the message is one sentence with the remedy."""


def reason_of(ended: "asyncio.Future[Any]") -> str:
    """Why a loop ended that runs until it is cancelled."""
    error = ended.exception()
    if isinstance(error, StartRefused):
        return str(error)
    return f"a background task ended: {error or 'without an error'}"


def end_the_process(ended: "asyncio.Future[Any]") -> None:
    """A callback for when a loop ends: the process ends with status 1, at once or by force."""
    if ended.cancelled():
        return
    _log.critical("%s; the process ends", reason_of(ended), exc_info=ended.exception())
    end_within(_STOP_LIMIT_S + _EXIT_LIMIT_S)
    raise SystemExit(1)


async def stop_within_limit(stop: Coroutine[Any, Any, None]) -> None:
    """Await `stop`; give up after a limit: a stop that hangs leaves a process without work."""
    stopping = asyncio.ensure_future(stop)
    await asyncio.wait([stopping], timeout=_STOP_LIMIT_S)
    if stopping.done():
        stopping.result()
        return
    _log.critical("the stop took more than %.0f s; the process ends without it", _STOP_LIMIT_S)
    end_within(_EXIT_LIMIT_S)


def ending_with_its_start(app: Any) -> Any:
    """The ASGI application `app`, whose process ends also if what its start began hangs."""

    async def served(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return

        async def send_outcome(message: Any) -> None:
            if message["type"].endswith(".failed"):
                end_within(_EXIT_LIMIT_S)
                # The last line of the traceback. The sentence is enough of it.
                name, _, sentence = (
                    message.get("message", "").strip().rpartition("\n")[2].partition(": ")
                )
                if name.endswith(StartRefused.__name__):
                    _log.critical("%s", sentence)
                    message = {**message, "message": ""}
            await send(message)

        await app(scope, receive, send_outcome)

    return served
