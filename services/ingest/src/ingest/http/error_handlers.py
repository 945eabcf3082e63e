"""The exception handlers of the application: each returns the response for one kind of error."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ingest.domain.access import COMPATIBILITY
from ingest.domain.items import problems_of
from ingest.http.problems import problem_response, request_id_of, summary_of
from ingest.metrics import IngestMetrics
from ratchet.contract import Unavailable
from ratchet.delivery import NotWritten
from ratchet_edge.room import ShareUsed

_log = logging.getLogger(__name__)


async def handle_http_error(request: Request, error: HTTPException) -> Response:
    """The status of `error`, with the problems of items if it carries them."""
    detail: Any = error.detail
    if not isinstance(detail, dict):
        detail = {"error": str(detail)}
    return problem_response(
        request.scope, error.status_code, detail["error"], detail.get("problems", ()), error.headers
    )


async def handle_validation_error(request: Request, error: RequestValidationError) -> Response:
    """422 with every invalid field of the query or the body; 400 on the compatibility routes."""
    problems = problems_of([{**one, "loc": one["loc"][1:]} for one in error.errors()])
    status = 400 if request.url.path.startswith(COMPATIBILITY) else 422
    return problem_response(request.scope, status, summary_of(problems), problems)


async def handle_unexpected_error(request: Request, error: Exception) -> Response:
    """500; the traceback goes to the log only."""
    request_id = request_id_of(request.scope)
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    message = f"internal error; see the log for request {request_id}"
    return problem_response(request.scope, 500, message)


def handle_unavailable(
    metrics: IngestMetrics, retry_after_s: int
) -> Callable[[Request, RedisError | Unavailable], Awaitable[Response]]:
    """The handler that answers 503 with Retry-After while Redis or the ledger is unavailable."""
    headers = {"Retry-After": str(retry_after_s)}

    async def handle(request: Request, error: RedisError | Unavailable) -> Response:
        message = str(error)
        if isinstance(error, RedisError):
            metrics.unavailable.inc()
            outcome = (
                "the items may be lost" if isinstance(error, NotWritten) else "nothing was accepted"
            )
            message = (
                f"{outcome}, because Redis is unavailable or full: {message.rstrip('.')}. "
                f"Send the request again after {retry_after_s} s."
            )
        return problem_response(request.scope, 503, message, headers=headers)

    return handle


def handle_share_used(retry_after_s: int) -> Callable[[Request, ShareUsed], Response]:
    """Answers 429 to a client whose events fill its share of Redis."""

    def handle(request: Request, _: ShareUsed) -> Response:
        message = (
            "nothing was accepted: your events fill your share of the memory that Redis has left; "
            f"send the request again after {retry_after_s} s"
        )
        headers = {"Retry-After": str(retry_after_s)}
        return problem_response(request.scope, 429, message, headers=headers)

    return handle
