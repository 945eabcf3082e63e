"""A route whose function takes the request and returns the response, with nothing in between."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute


class PlainRoute(APIRoute):
    """In the OpenAPI document like any other; FastAPI's injection, which it has no use for, costs
    as much as reading and validating what was sent.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint
