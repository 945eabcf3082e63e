"""The body of a request as JSON, no deeper than everything behind can carry."""

from typing import Any

from fastapi import HTTPException
from pydantic_core import from_json

MOST_DEEP = 180
_PARSER_ENDS_AT = 201
_WRAPS = _PARSER_ENDS_AT - MOST_DEEP
_OPEN, _CLOSE = b"[" * _WRAPS, b"]" * _WRAPS


def parse_json(body: bytes) -> Any:
    """The value `body` stands for; answers 422 where it is no JSON, NaN and Infinity included.

    An event wraps what was sent, so what the parser just takes, no reader of events would. It is
    handed the body inside lists that take up the difference: free, where a walk would cost three
    times the parsing. A body that closes those lists leaves one with two values, or with none.
    """
    try:
        sent = from_json(_OPEN + body + _CLOSE, allow_inf_nan=False)
        for _ in range(_WRAPS):
            (sent,) = sent
    except ValueError as error:
        raise HTTPException(422, f"body: {_why_not(body)}") from error
    return sent


def _why_not(body: bytes) -> str:
    try:
        from_json(body, allow_inf_nan=False)
    except ValueError as error:
        if "recursion limit" not in str(error):
            return f"not valid JSON: {error}"
    return f"nested too deeply; send at most {MOST_DEEP} levels"
