"""Error responses of the gateway itself."""

import logging
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from gateway.domain.error_forms import error_body

_log = logging.getLogger(__name__)


def refuse(
    scope: Scope, status: int, error: str, *, headers: Mapping[str, str] | None = None
) -> Response:
    """The error response in the form of the interface that was called."""
    return Response(error_body(scope["path"], status, error), status, headers, "application/json")


async def handle_unexpected_error(request: Request, error: Exception) -> Response:
    """500; the traceback goes to the log only."""
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refuse(request.scope, 500, "internal error; see the gateway's log")
