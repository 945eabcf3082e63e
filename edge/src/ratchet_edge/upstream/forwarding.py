"""The middleware that passes every path that is not the service's own to a backend."""

import logging
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.exceptions import InvalidStatus

from ratchet.delivery import new_id
from ratchet_edge.refusal import Refuse
from ratchet_edge.upstream.backend_connection import BackendAway, BackendSilent
from ratchet_edge.upstream.http_exchange import HttpExchange
from ratchet_edge.upstream.response_reader import BrokenResponse
from ratchet_edge.upstream.websocket_exchange import NO_BACKEND, forward_websocket

_log = logging.getLogger(__name__)


class Forwarding:
    """Answers 502 while the backend at `url` does not answer, 504 when it takes too long.

    The backend has rules of its own: nothing of this service is applied to what is passed on.
    """

    def __init__(
        self,
        app: ASGIApp,
        url: str,
        timeout_s: float,
        is_own: Callable[[str], bool],
        setting: str,
        refuse: Refuse,
    ) -> None:
        """`setting` names the setting of `url`, for the message of a failure."""
        self._app = app
        self._url = url
        self._timeout_s = timeout_s
        self._is_own = is_own
        self._setting = setting
        self._refuse = refuse
        self._exchange = HttpExchange(url, timeout_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            try:
                await self._app(scope, receive, send)
            finally:
                await self._exchange.close()
        elif self._is_own(scope["path"]):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._exchange.forward(scope, receive, send)
        except BackendSilent:
            error = f"the backend at {self._url} sent nothing for {self._timeout_s:g} s"
            await self._refuse(scope, 504, error)(scope, receive, send)
        except BackendAway as failed:
            await self._refuse(scope, 502, self._no_backend(failed))(scope, receive, send)
        except BrokenResponse as failed:
            # The server closes a connection whose response is not complete.
            _log.warning("the backend at %s ended a response too early: %s", self._url, failed)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await forward_websocket(self._url, scope, receive, send)
        except InvalidStatus as refused:
            status = refused.response.status_code
            await self._close(scope, receive, send, status, "the backend refused this WebSocket")
        except NO_BACKEND as failed:
            await self._close(scope, receive, send, 502, self._no_backend(failed))

    async def _close(
        self, scope: Scope, receive: Receive, send: Send, status: int, error: str
    ) -> None:
        """Refuse a WebSocket that is not accepted yet; without the extension that is a 403."""
        if "websocket.http.response" in (scope.get("extensions") or {}):
            scope.setdefault("state", {}).setdefault("request_id", new_id())
            await self._refuse(scope, status, error)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1011, "reason": error[:100]})

    def _no_backend(self, failed: Exception) -> str:
        reason = str(failed) or type(failed).__name__
        return (
            f"the backend at {self._url} does not answer ({reason}): start it, or correct "
            f"{self._setting}"
        )
