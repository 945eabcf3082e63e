"""Posts many calls to the intake, in order."""

import asyncio
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx

from ratchet.command_line import post_until_answered
from ratchet_cli.client.unexpected_response import UnexpectedResponse
from simulator.turn import Call


@dataclass
class PostedCalls:
    """`latencies_s` has one entry for each accepted call; `retries` counts repeated attempts."""

    accepted: int = 0
    rejected: list[str] = field(default_factory=list)
    retries: int = 0
    latencies_s: list[float] = field(default_factory=list)
    seconds: float = 0.0


async def post_all(
    client: httpx.AsyncClient,
    calls: Iterable[Call],
    rate: float | None = None,
    on_call: Callable[[PostedCalls], None] = lambda posted: None,
    patience_s: float = math.inf,
    on_retry: Callable[[str], None] = lambda problem: None,
) -> PostedCalls:
    """Send `calls` in order, at most `rate` per second; retries 5xx and lost connections.

    A 4xx is not retried: `rejected` has its reason. Raises `NoAnswer` if a call has no answer
    within `patience_s`, and `UnexpectedResponse`.
    """
    posted = PostedCalls()

    def retried(problem: str) -> None:
        posted.retries += 1
        on_retry(problem)

    started = time.monotonic()
    for number, call in enumerate(calls):
        if rate is not None:
            await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
        response, latency_s = await post_until_answered(
            client, call.path, call.body, retried, patience_s
        )
        if response.status_code == httpx.codes.ACCEPTED:
            posted.accepted += 1
            posted.latencies_s.append(latency_s)
        elif response.is_client_error and response.status_code != httpx.codes.NOT_FOUND:
            posted.rejected.append(f"{call.path}: {response.text}")
        else:
            raise UnexpectedResponse(response)
        on_call(posted)
    posted.seconds = time.monotonic() - started
    return posted
