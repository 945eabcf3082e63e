"""Which pages of other origins may call, and what their browsers are told."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.http.middleware.problems import refused

_HEADERS = (
    "Authorization",
    "Content-Encoding",
    "Content-Type",
    "Idempotency-Key",
    "X-Api-Key",
    "X-Feedback-Key",
    "X-Request-ID",
)


class Origins:
    """CORS by Starlette; beyond it, a POST that a browser sends for another page is refused.

    Without that, any page could post to an intake that its visitor reaches: a browser sends a
    form to anybody, and only the answer would be kept from the page.
    """

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self._app = app
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
        elif scope["method"] == "POST" and not self._may(origin, scope, headers.get("host")):
            error = f"pages of {origin} may not post here; name it in RATCHET_INGEST_CORS_ORIGINS"
            await refused(scope, 403, error)(scope, receive, send)
        else:
            await self._cors(scope, receive, send)

    def _may(self, origin: str, scope: Scope, host: str | None) -> bool:
        own = f"{scope['scheme']}://{host}"
        return origin == own or origin in self._allowed or "*" in self._allowed
