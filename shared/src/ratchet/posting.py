"""Post calls to an intake until each is accepted: the client every user of the API needs."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx

from ratchet.simulator.timeline import Call

_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 5.0


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
) -> Posted:
    """Send `calls` in order, at most `rate` a second; waits out 503 and lost connections.

    A 4xx is not sent again: it is kept in `rejected` with its reason.
    """
    posted = Posted()
    started = time.monotonic()
    for number, call in enumerate(calls):
        if rate is not None:
            await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
        await _post(client, call, posted)
        on_call(posted)
    posted.seconds = time.monotonic() - started
    return posted


async def _post(client: httpx.AsyncClient, call: Call, posted: Posted) -> None:
    wait_s = _FIRST_WAIT_S
    while True:
        began = time.monotonic()
        try:
            response = await client.post(call.path, json=call.body)
        except httpx.TransportError:
            response = None
        if response is not None and response.status_code < 500:
            if response.is_success:
                posted.accepted += 1
                posted.latencies_s.append(time.monotonic() - began)
            else:
                posted.rejected.append(f"{call.path}: {response.text}")
            return
        posted.retries += 1
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
