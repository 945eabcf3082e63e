"""Posts many calls to the intake, in order."""

import asyncio
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx

from ratchet.command_line import post_until_answered
from simulator.turn import Call


@dataclass
class PostedCalls:
    """`latencies_s` has one entry for each accepted call; `retries` counts repeated attempts."""

    accepted: int = 0
    rejected: list[str] = field(default_factory=list)
    retries: int = 0
    latencies_s: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def count_retry(self) -> None:
        self.retries += 1


async def post_all(
    client: httpx.AsyncClient,
    calls: Iterable[Call],
    rate: float | None = None,
    on_call: Callable[[PostedCalls], None] = lambda posted: None,
    patience_s: float = math.inf,
) -> PostedCalls:
    """Send `calls` in order, at most `rate` per second; retries 5xx and lost connections.

    A 4xx is not retried: `rejected` has its reason. Raises `NoAnswer` if a call has no answer
    within `patience_s`.
    """
    posted = PostedCalls()
    started = time.monotonic()
    for number, call in enumerate(calls):
        if rate is not None:
            await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
        response, latency_s = await post_until_answered(
            client, call.path, call.body, posted.count_retry, patience_s
        )
        if response.is_success:
            posted.accepted += 1
            posted.latencies_s.append(latency_s)
        else:
            posted.rejected.append(f"{call.path}: {response.text}")
        on_call(posted)
    posted.seconds = time.monotonic() - started
    return posted
