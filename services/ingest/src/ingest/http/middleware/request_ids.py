"""X-Request-ID: taken or made, in every answer and in every line that is logged meanwhile."""

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ratchet.contract import new_id
from ratchet.telemetry import log_context

HEADER = "X-Request-ID"
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,128}")


class RequestIds:
    """An id that is too long or has other characters than `A-Z a-z 0-9 . _ -` is made anew."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get(HEADER, "")
        request_id = told if _PLAIN.fullmatch(told) else new_id()
        header = (b"x-request-id", request_id.encode())
        scope.setdefault("state", {})["request_id"] = request_id

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], header]
            await send(message)

        with log_context(request_id=request_id):
            await self._app(scope, receive, named)


def request_id_of(scope: Scope) -> str:
    found: str = scope["state"]["request_id"]
    return found
