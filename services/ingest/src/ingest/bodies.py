"""The raw body of a request: read no further than allowed, and JSON."""

from typing import Any

from fastapi import HTTPException, Request
from pydantic_core import from_json


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Answers 413 as soon as more than `max_bytes` have come."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise HTTPException(413, {"error": f"send at most {max_bytes} bytes at once"})
    return bytes(body)


def parse_json(body: bytes) -> Any:
    """The value `body` stands for; answers 422 where it is no JSON, NaN and Infinity included."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise HTTPException(422, {"error": f"body: not valid JSON: {error}"}) from error
