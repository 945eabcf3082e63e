"""Posts one call to the intake until it is accepted or rejected."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 5.0


class NoAnswer(Exception):
    """The server neither accepted nor rejected a call in time; the message is the last error."""


async def post_until_answered(
    client: "httpx.AsyncClient",
    path: str,
    body: object,
    on_wait: Callable[[], None] = lambda: None,
    patience_s: float = math.inf,
) -> tuple["httpx.Response", float]:
    """Post until the server accepts or rejects; returns its response and that one's seconds.

    A 5xx or a lost connection is retried, after Retry-After if the server sends one. Raises
    `NoAnswer` when the next attempt would begin more than `patience_s` after the first.
    """
    import httpx  # the module is imported by `ratchet --help` too, which must be quick

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


def _retry_after_s(response: "httpx.Response") -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None
