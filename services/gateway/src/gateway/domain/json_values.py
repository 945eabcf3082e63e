"""Reads JSON of which nothing is known."""

import json
from collections.abc import Mapping
from typing import Any

_DECODER = json.JSONDecoder(parse_constant=lambda _: None)
"""Numbers that are not finite have no JSON, so that the record could not be written."""


def json_object(content: bytes) -> dict[str, Any] | None:
    """The object that `content` holds; None if it holds no object."""
    try:
        value = _DECODER.decode(content.decode())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def object_in(holder: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """The object of a field, empty without one."""
    value = holder.get(field)
    return value if isinstance(value, dict) else {}


def objects_in(holder: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    """The objects in the list of a field."""
    value = holder.get(field)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text_in(holder: Mapping[str, Any], field: str) -> str:
    """The text of a field, or of its parts that are texts, joined."""
    value = holder.get(field)
    if isinstance(value, list):
        return "".join(text_in(part, "text") for part in objects_in(holder, field))
    return value if isinstance(value, str) else ""


def count_in(holder: Mapping[str, Any], field: str) -> int | None:
    """The whole number of a field, from 0."""
    value = holder.get(field)
    return value if type(value) is int and value >= 0 else None
