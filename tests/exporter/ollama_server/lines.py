"""The two ways in which the server says something: a line of a stream, or a refusal."""

import json
from typing import Any

from starlette.responses import JSONResponse, Response


def line(**said: Any) -> str:
    return json.dumps(said) + "\n"


def refused(status: int, reason: str) -> Response:
    return JSONResponse({"error": reason}, status)
