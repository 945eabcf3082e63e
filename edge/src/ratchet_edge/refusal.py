"""How a service words its error responses."""

from collections.abc import Mapping
from typing import Protocol

from starlette.responses import Response
from starlette.types import Scope


class Refuse(Protocol):
    """Makes the error response of the request `scope`."""

    def __call__(
        self, scope: Scope, status: int, error: str, *, headers: Mapping[str, str] | None = None
    ) -> Response: ...
