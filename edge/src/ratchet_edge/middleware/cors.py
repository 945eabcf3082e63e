"""Allows pages of named origins to call, and rejects POST requests from other pages."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ratchet_edge.refusal import Refuse

_HEADERS = (
    "Authorization",
    "Content-Encoding",
    "Content-Type",
    "Idempotency-Key",
    "X-Api-Key",
    "X-Feedback-Key",
    "X-Request-ID",
)


class CrossOriginRequests:
    """Starlette's CORS, which also answers 403 to a POST from a page that is not allowed.

    CORS alone withholds only the response from such a page. The browser still sends a form, so any
    page could post to an intake that its visitor can reach.
    """

    def __init__(self, app: ASGIApp, allowed: Sequence[str], setting: str, refuse: Refuse) -> None:
        """`setting` names the setting of `allowed`, for the message of a refusal."""
        self._app = app
        self._setting = setting
        self._refuse = refuse
        self._allowed = allowed
        self._cors = CORSMiddleware(
            app,
            allow_origins=allowed,
            allow_methods=("GET", "POST"),
            allow_headers=_HEADERS,
            expose_headers=("Retry-After", "X-Request-ID", "Idempotent-Replayed"),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        origin = headers.get("origin")
        if origin is None:
            await self._app(scope, receive, send)
        elif scope["method"] == "POST" and not self._is_allowed(origin, scope, headers.get("host")):
            error = f"pages of {origin} may not post here; add it to {self._setting}"
            await self._refuse(scope, 403, error)(scope, receive, send)
        else:
            await self._cors(scope, receive, send)

    def _is_allowed(self, origin: str, scope: Scope, host: str | None) -> bool:
        own = f"{scope['scheme']}://{host}"
        return origin == own or origin in self._allowed or "*" in self._allowed
