"""Route classes: one without FastAPI's injection, one that reads JSON as the plain one does."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from ingest.http.bodies import read_json, single

_JSON = (b"content-type", b"application/json")


class PlainRoute(APIRoute):
    """Calls its function with the request; FastAPI's injection costs as much as the validation.

    The OpenAPI document shows it like any other route.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint


class JsonRequest(Request):
    """A request whose body is read with `read_json`, as `content_type` names its encoding."""

    content_type = ""

    async def json(self) -> Any:
        return single(read_json(await self.body(), self.content_type))


class JsonRoute(APIRoute):
    """Reads every body as JSON: FastAPI refuses what `curl -d` sends without a Content-Type."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            headers = [one for one in request.scope["headers"] if one[0] != b"content-type"]
            scope = {**request.scope, "headers": [*headers, _JSON]}
            read = JsonRequest(scope, request.receive)
            read.content_type = request.headers.get("content-type", "")
            return await handle(read)

        return handle_json
