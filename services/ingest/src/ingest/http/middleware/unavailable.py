"""503 with Retry-After while Redis is away or full, or the ledger cannot be read."""

from collections.abc import Awaitable, Callable

from fastapi import Request
from redis.exceptions import RedisError
from starlette.responses import Response

from ingest.http.middleware.problems import refused
from ingest.metrics import IngestMetrics
from ratchet.contract import Unavailable


def come_back_later(
    metrics: IngestMetrics, retry_after_s: int
) -> Callable[[Request, RedisError], Awaitable[Response]]:
    async def answer(request: Request, error: RedisError) -> Response:
        metrics.unavailable.inc()
        return refused(
            request.scope,
            503,
            f"nothing was accepted, Redis is away or full: {error}",
            headers={"Retry-After": str(retry_after_s)},
        )

    return answer


def read_later(retry_after_s: int) -> Callable[[Request, Unavailable], Awaitable[Response]]:
    async def answer(request: Request, error: Unavailable) -> Response:
        headers = {"Retry-After": str(retry_after_s)}
        return refused(request.scope, 503, str(error), headers=headers)

    return answer
