"""One row of an imported file: what the intake is sent of it, and what was odd about it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ratchet.contract import derived_id

NO_TIME = "timestamp: missing or unreadable, replaced by the file's"
NO_TEXT = "text: characters that are none, replaced by a question mark"
NO_NUMBER = "number: NaN or infinite, counted as missing"


@dataclass(frozen=True, kw_only=True)
class Row:
    """`item` is the body of the call that records it, `at` when it was said.

    `repairs` has one entry for each kind of repair; `naive` tells that the time had no zone.
    `event_id` depends on the row's content alone: the same row is the same fact in any file.
    """

    item: Mapping[str, Any]
    at: datetime
    event_id: str
    repairs: tuple[str, ...] = ()
    naive: bool = False


@dataclass(frozen=True)
class RefusedRow:
    reason: str


def canonical(raw: Mapping[str, Any]) -> str:
    """Equal for rows of equal content."""
    return json.dumps(raw, sort_keys=True, separators=(",", ":"))


def row_event_id(raw: Mapping[str, Any]) -> str:
    return derived_id("imported", canonical(raw))


def encodable(raw: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """`raw` as JSON and UTF-8 can hold it, without NaN and lone surrogates, and the repairs."""
    try:
        json.dumps(raw, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        text = json.dumps(raw, ensure_ascii=False)
    else:
        return raw, ()
    told = text.encode(errors="replace")
    no_numbers: list[str] = []
    mended: dict[str, Any] = json.loads(told, parse_constant=no_numbers.append)
    no_text = told != text.encode(errors="surrogatepass")
    return mended, tuple(
        repair for repair, found in ((NO_TEXT, no_text), (NO_NUMBER, no_numbers)) if found
    )
