"""Route classes: one without FastAPI's injection, one that reads JSON as the plain one does."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from ingest.http.bodies import json_of, single


class PlainRoute(APIRoute):
    """Calls its function with the request; FastAPI's injection costs as much as the validation.

    The OpenAPI document shows it like any other route.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint


class JsonRequest(Request):
    """A request whose body is read with `json_of`, with its limit on nesting."""

    async def json(self) -> Any:
        return single(await json_of(self))


class JsonRoute(APIRoute):
    """Reads every body as JSON: FastAPI refuses what `curl -d` sends without a Content-Type."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            headers = [one for one in request.scope["headers"] if one[0] != b"content-type"]
            charset = request.headers.get("content-type", "").partition(";")[2]
            json_type = (b"content-type", f"application/json;{charset}".encode("latin-1"))
            scope = {**request.scope, "headers": [*headers, json_type]}
            return await handle(JsonRequest(scope, request.receive))

        return handle_json
