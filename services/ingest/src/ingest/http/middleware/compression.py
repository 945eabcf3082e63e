"""Long answers are packed for who takes them; those to a POST are short, and in a hurry."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send


class PackedAnswers:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._packing = GZipMiddleware(app, minimum_size=1024, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        quick = scope["type"] != "http" or scope["method"] == "POST"
        await (self._app if quick else self._packing)(scope, receive, send)
