"""Route classes: one without FastAPI's injection, one that reads JSON as the plain one does."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match, Route
from starlette.types import Scope

from ingest.http.bodies import json_of, single


class PlainRoute(APIRoute):
    """Calls its function with the request; FastAPI's injection costs as much as the validation.

    The OpenAPI document shows it like any other route.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint


class NamedRoute(Route):
    """A route that puts itself into the scope, as FastAPI's do: a span is named after it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, found if match is Match.NONE else {**found, "route": self}


def routes_ahead(routers: Iterable[APIRouter]) -> list[NamedRoute]:
    """Starlette's routes for the plain routes of `routers`, to be tried before FastAPI's.

    FastAPI matches the routes of an included router twice and opens two exit stacks for each
    request, which takes longer than to validate an experience.
    """
    return [
        NamedRoute(route.path, route.endpoint, methods=sorted(route.methods or ()))
        for router in routers
        for route in router.routes
        if isinstance(route, PlainRoute)
    ]


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
