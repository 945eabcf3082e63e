"""Reads request bodies as JSON, with a limit on nesting."""

from typing import Any

from fastapi import HTTPException
from pydantic_core import from_json

MOST_DEEP = 180
_PARSER_ENDS_AT = 201
_WRAPS = _PARSER_ENDS_AT - MOST_DEEP
_OPEN, _CLOSE = b"[" * _WRAPS, b"]" * _WRAPS


def parse_json(body: bytes) -> Any:
    """The value of `body`; raises `HTTPException` 422 for invalid JSON, NaN and Infinity.

    The limit on nesting is below the parser's own, because an event wraps the value and its
    readers use the same parser.
    """
    # Wrapping the body in lists makes the parser enforce the limit at no cost; walking the value
    # takes three times as long as parsing it. A body that closes those lists itself yields two
    # values or none, and the unpacking fails.
    try:
        value = from_json(_OPEN + body + _CLOSE, allow_inf_nan=False)
        for _ in range(_WRAPS):
            (value,) = value
    except ValueError as error:
        raise HTTPException(422, f"body: {_reason(body)}") from error
    return value


def _reason(body: bytes) -> str:
    try:
        from_json(body, allow_inf_nan=False)
    except ValueError as error:
        if "recursion limit" not in str(error):
            return f"not valid JSON: {error}"
    return f"nested too deeply; send at most {MOST_DEEP} levels"
