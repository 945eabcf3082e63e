"""Post calls to an intake until each is accepted: the client every user of the API needs."""

import asyncio
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx

from simulator.timeline import Call

_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 5.0


class NoAnswer(Exception):
    """Nobody accepted or refused in time; the message is the last thing that was heard."""


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


async def post_until_answered(
    client: httpx.AsyncClient,
    path: str,
    body: object,
    on_wait: Callable[[], None] = lambda: None,
    patience_s: float = math.inf,
) -> tuple[httpx.Response, float]:
    """Post until the server accepts or refuses; returns its answer and how long that one took.

    A 5xx or a lost connection is tried again, after Retry-After where the server names it.
    Raises `NoAnswer` when that would pass `patience_s` without an answer.
    """
    wait_s = _FIRST_WAIT_S
    started = time.monotonic()
    while True:
        began = time.monotonic()
        problem, pause_s = "", wait_s
        try:
            response = await client.post(path, json=body)
            if response.status_code < 500:
                return response, time.monotonic() - began
            problem = f"{response.status_code} {response.text[:200]}"
            pause_s = _retry_after_s(response) or wait_s
        except httpx.TransportError as error:
            problem = f"{type(error).__name__}: {error}"
        if time.monotonic() + pause_s - started > patience_s:
            raise NoAnswer(problem)
        on_wait()
        await asyncio.sleep(pause_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


def _retry_after_s(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None
