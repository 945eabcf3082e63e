"""Reads request bodies as JSON: in any encoding, and with a limit on nesting."""

import json
import re
from codecs import lookup
from contextlib import suppress
from typing import Any

from fastapi import HTTPException, Request
from pydantic_core import from_json

from ingest.domain.items import ItemProblem, UnreadableItem
from ingest.http.problems import invalid_items
from ratchet_text import CutOff, elements, faulty_place, value_end

MOST_DEEP = 180
_PARSER_ENDS_AT = 201
_WRAPS = _PARSER_ENDS_AT - MOST_DEEP
_OPEN, _CLOSE = b"[" * _WRAPS, b"]" * _WRAPS
_MOST_BRACKETS = 500_000
"""In a body with more of them, items are not read one by one, which would take too long."""
_MOST_NAMES, _MOST_VALUES = 200_000, 1_000_000
"""With more of them, parsing a body would keep all other requests waiting."""
_NO_CHARSETS = ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape")
"""Python's own encodings; the time of punycode grows with the square of the length."""
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s\"';]+)", re.IGNORECASE)


async def json_of(request: Request) -> Any:
    """The value of the body, with `UnreadableItem` for it or for elements that cannot be read.

    The encoding is that of the byte order mark, else UTF-8, -16 or -32 if it is valid, else the
    one that Content-Type names. Raises `HTTPException` 422 if the body is not JSON, 413 if it has
    too many values.
    """
    body = await request.body()
    if body.count(b":") > _MOST_NAMES or body.count(b",") > _MOST_VALUES:
        raise HTTPException(
            413,
            f"body: has more than {_MOST_NAMES:,} names or {_MOST_VALUES:,} values; "
            "send fewer items at once",
        )
    return read_json(body, request.headers.get("content-type", ""))


def single(value: Any) -> Any:
    """`value`; raises `HTTPException` 422 if it cannot be read."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, UnreadableItem):
            raise invalid_items([ItemProblem(0, one.field, one.message)])
    return value


def read_json(body: bytes, content_type: str) -> Any:
    try:
        return _parsed(body)
    except ValueError:
        text = _decoded(body, content_type)
    with suppress(ValueError):
        if (content := text.encode()) != body:
            return _parsed(content)
    try:
        return _recovered(text)
    except CutOff as error:
        raise HTTPException(422, f"body: {_reason(text)}") from error


def _parsed(body: bytes) -> Any:
    """Raises `ValueError` for invalid JSON, NaN, Infinity and deep nesting.

    The limit on nesting is below the parser's own, because an event wraps the value and its
    readers use the same parser.
    """
    # Wrapping the body in lists makes the parser enforce the limit at no cost; walking the value
    # takes three times as long as parsing it. A body that closes those lists itself yields two
    # values or none, and the unpacking fails.
    value = from_json(_OPEN + body + _CLOSE, allow_inf_nan=False)
    for _ in range(_WRAPS):
        (value,) = value
    return value


def _decoded(body: bytes, content_type: str) -> str:
    encoding = json.detect_encoding(body)
    try:
        return body.decode(encoding, "surrogatepass")
    except UnicodeDecodeError as error:
        problem = f"not {encoding.upper().removesuffix('-SIG')} at byte {error.start}"
    if named := _CHARSET.search(content_type):
        try:
            if lookup(named[1]).name not in _NO_CHARSETS:
                return body.decode(named[1])
            problem += f", and {named[1]} is not a charset"
        except (LookupError, ValueError):
            problem += f", and cannot be read as the {named[1]} of Content-Type"
    raise HTTPException(
        422,
        f"body: {problem}; send UTF-8, or name the encoding, "
        "such as Content-Type: application/json; charset=iso-8859-1",
    )


def _recovered(text: str) -> Any:
    """The elements, read one by one; raises `CutOff` if their ends cannot be found."""
    text = text.strip(" \t\r\n")
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        raise CutOff
    if text.startswith("["):
        return [_item(element) for element in elements(text)]
    if text[:1] + text[-1:] != "{}" or value_end(text, 0) != len(text):
        raise CutOff
    return _item(text)


def _item(text: str) -> Any:
    try:
        return _element(text)
    except ValueError:
        place, part = faulty_place(text, _element)
        return UnreadableItem(place, _fault(part))


def _element(text: str) -> Any:
    """`text` as the only element of an array, since an item may be one."""
    (value,) = _parsed(f"[{text}]".encode())
    return value


def _fault(part: str) -> str:
    if part.startswith('"'):
        if re.search(r"[\x00-\x1f]", part):
            return "contains an unescaped control character; escape it, such as \\n for a new line"
        if re.search(r"[\ud800-\udfff]|\\u[dD][89a-fA-F]", part):
            return "contains half of a surrogate pair; send both halves"
    elif re.fullmatch(r"-?(?:Infinity|\d+)|NaN", part):
        return "must be a finite number of at most 1.8e308; send null instead"
    return _reason(part)


def _reason(text: str) -> str:
    try:
        from_json(text.encode(errors="replace"), allow_inf_nan=False)
    except ValueError as error:
        if "recursion limit" not in str(error):
            return f"not valid JSON: {error}"
    return f"nested too deeply; send at most {MOST_DEEP} levels"
