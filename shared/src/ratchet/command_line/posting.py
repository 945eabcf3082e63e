"""Posts one call to the intake until it is accepted or rejected."""

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


class NoAnswer(Exception):
    """The server neither accepted nor rejected a call; the message is the last error.

    `retry_after_s` is the pause that the server asked for, 0 if it did not. `answered` is whether
    there is a server, which answers that it cannot do it now.
    """

    def __init__(self, problem: str, retry_after_s: float = 0.0, *, answered: bool = False) -> None:
        super().__init__(problem)
        self.retry_after_s = retry_after_s
        self.answered = answered


async def post_until_answered(
    client: "httpx.AsyncClient",
    path: str,
    body: object,
    on_retry: Callable[[str], None] = lambda problem: None,
    patience_s: float = math.inf,
) -> tuple["httpx.Response", float]:
    """Post until the server accepts or rejects; returns its response and that one's seconds.

    A 5xx, 429 or a lost connection is retried, after Retry-After if the server sends one. Raises
    `NoAnswer` if the next attempt would begin more than `patience_s` after the first.
    """
    import stamina

    # By default stamina logs every retry, on stderr of a command that shows its own progress.
    stamina.instrumentation.set_on_retry_hooks([])
    started = time.monotonic()

    def pause(error: Exception) -> bool | float:
        if not isinstance(error, NoAnswer):
            return False
        if time.monotonic() + error.retry_after_s - started > patience_s:
            return False
        on_retry(str(error))
        return error.retry_after_s or True

    async for attempt in stamina.retry_context(pause, attempts=None, timeout=None, wait_jitter=0):
        with attempt:
            return await _post(client, path, body)
    raise AssertionError("stamina retries or raises")


async def _post(
    client: "httpx.AsyncClient", path: str, body: object
) -> tuple["httpx.Response", float]:
    import httpx

    started = time.monotonic()
    try:
        response = await client.post(path, json=body)
    except httpx.TransportError as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from error
    if response.status_code < 500 and response.status_code != 429:
        return response, time.monotonic() - started
    retry_after = response.headers.get("Retry-After", "")
    raise NoAnswer(
        f"{response.status_code} {_error_in(response)}",
        float(retry_after) if retry_after.isdecimal() else 0.0,
        answered=True,
    )


def _error_in(response: "httpx.Response") -> str:
    try:
        return str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]
