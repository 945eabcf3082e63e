"""Opens a span for each request of the API, with the caller's W3C `traceparent` as its parent."""

from collections.abc import Callable

from opentelemetry.trace import SpanKind, StatusCode, Tracer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ratchet.telemetry import context_of, ending


class RequestTracing:
    """Requests of other paths than those of `traces`, such as health and metrics, have no span."""

    def __init__(self, app: ASGIApp, tracer: Tracer, traces: Callable[[str], bool]) -> None:
        self._app = app
        self._tracer = tracer
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._traces(scope["path"]):
            await self._app(scope, receive, send)
            return
        parent = context_of(Headers(scope=scope))
        attributes = {"http.request.method": scope["method"], "url.path": scope["path"]}
        span = self._tracer.start_span(scope["method"], parent, SpanKind.SERVER, attributes)
        with ending(span):

            async def send_recorded(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(StatusCode.ERROR)
                await send(message)

            await self._app(scope, receive, send_recorded)
            if route := scope.get("route"):
                span.update_name(f"{scope['method']} {route.path}")
                span.set_attribute("http.route", route.path)
