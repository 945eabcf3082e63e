"""Answers 403 to requests for paths that the gateway does not pass on."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.domain.paths import is_own, is_passed_on
from ratchet_edge.refusal import Refuse

SETTING = "RATCHET_GATEWAY_PATHS"


class AllowedPaths:
    """`further` are the paths of the settings."""

    def __init__(self, app: ASGIApp, further: Sequence[str], refuse: Refuse) -> None:
        self._app = app
        self._further = further
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if scope["type"] == "lifespan" or is_own(path) or is_passed_on(path, self._further):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            error = f"the gateway does not pass {path[:100]} on; add it to {SETTING}"
            await self._refuse(scope, 403, error)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})
