"""The two forms of the server's messages: a line of a stream, and an error response."""

import json
from typing import Any

from starlette.responses import JSONResponse, Response


def stream_line(**fields: Any) -> str:
    return json.dumps(fields) + "\n"


def error_response(status: int, reason: str) -> Response:
    return JSONResponse({"error": reason}, status)
