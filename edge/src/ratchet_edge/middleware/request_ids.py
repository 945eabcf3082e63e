"""X-Request-ID: accepted or generated, in every response and every log line of the request."""

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ratchet.delivery import new_id
from ratchet.telemetry import log_context

HEADER = "X-Request-ID"
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,128}")


class RequestIds:
    """Replaces an id that is too long or has characters other than `A-Z a-z 0-9 . _ -`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        value = Headers(scope=scope).get(HEADER, "")
        request_id = value if _PLAIN.fullmatch(value) else new_id()
        header = (b"x-request-id", request_id.encode())
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], header]
            await send(message)

        with log_context(request_id=request_id):
            await self._app(scope, receive, send_with_id)
