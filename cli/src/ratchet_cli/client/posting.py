"""Post calls to an intake until each is accepted: the client every user of the API needs."""

import asyncio
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx

from ratchet.command_line import NoAnswer, post_until_answered
from simulator.timeline import Call

__all__ = ["NoAnswer", "Posted", "post_all", "post_until_answered"]


@dataclass
class Posted:
    """`latencies_s` has one entry for each accepted call; `retries` counts refused attempts."""

    accepted: int = 0
    rejected: list[str] = field(default_factory=list)
    retries: int = 0
    latencies_s: list[float] = field(default_factory=list)
    seconds: float = 0.0


async def post_all(
    client: httpx.AsyncClient,
    calls: Iterable[Call],
    rate: float | None = None,
    on_call: Callable[[Posted], None] = lambda posted: None,
    patience_s: float = math.inf,
) -> Posted:
    """Send `calls` in order, at most `rate` a second; waits out 503 and lost connections.

    A 4xx is not sent again: it is kept in `rejected` with its reason. Raises `NoAnswer` when one
    call has had none for `patience_s`.
    """
    posted = Posted()
    started = time.monotonic()
    for number, call in enumerate(calls):
        if rate is not None:
            await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
        await _post(client, call, posted, patience_s)
        on_call(posted)
    posted.seconds = time.monotonic() - started
    return posted


async def _post(client: httpx.AsyncClient, call: Call, posted: Posted, patience_s: float) -> None:
    def waited() -> None:
        posted.retries += 1

    response, latency_s = await post_until_answered(
        client, call.path, call.body, waited, patience_s
    )
    if response.is_success:
        posted.accepted += 1
        posted.latencies_s.append(latency_s)
    else:
        posted.rejected.append(f"{call.path}: {response.text}")
