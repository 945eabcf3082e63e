"""Opens a span for each request of the API, with the caller's W3C `traceparent` as its parent."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.domain.access import is_api_path
from ratchet.telemetry import Tracer, spanning

_CONTEXT = ("traceparent", "tracestate")


class RequestTracing:
    """Requests for health and metrics have no span."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_api_path(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        parent = {name: headers[name] for name in _CONTEXT if name in headers}
        facts = {"http.request.method": scope["method"], "url.path": scope["path"]}
        with spanning(self._tracer, scope["method"], "server", parent, facts) as span:

            async def send_recorded(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.tell({"http.response.status_code": message["status"]})
                    if message["status"] >= 500:
                        span.fail("")
                await send(message)

            await self._app(scope, receive, send_recorded)
            if route := scope.get("route"):
                span.rename(f"{scope['method']} {route.path}")
                span.tell({"http.route": route.path})
