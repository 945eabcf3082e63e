"""One row of an imported file: the item that is sent to the intake, and its repairs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from ratchet.contract import derived_id
from ratchet_rows.times import parse_time

NO_TIME = "timestamp: missing or unreadable, replaced by the file's"
NO_TEXT = "text: characters that are none, replaced by a question mark"
NO_ESCAPE = "text: control characters that are not escaped, kept"
NO_NUMBER = "number: NaN or infinite, counted as missing"


@dataclass(frozen=True, kw_only=True)
class ImportRow:
    """`item` is the body of the call that records it, `at` its time.

    `repairs` has one entry for each kind of repair; `naive` is whether the time had no zone.
    `event_id` depends only on the content of the row: it is the same in any file.
    """

    item: Mapping[str, Any]
    at: datetime
    event_id: str
    repairs: tuple[str, ...] = ()
    naive: bool = False


@dataclass(frozen=True)
class RefusedRow:
    """A row that cannot be imported."""

    reason: str


def canonical(raw: Mapping[str, Any]) -> str:
    """JSON that is equal for rows of equal content."""
    return json.dumps(raw, sort_keys=True, separators=(",", ":"))


def row_event_id(raw: Mapping[str, Any]) -> str:
    return derived_id("imported", canonical(raw))


def encodable(raw: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """`raw` without NaN, infinities and lone surrogates, and the repairs: JSON has none of them."""
    try:
        json.dumps(raw, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        text = json.dumps(raw, ensure_ascii=False)
    else:
        return raw, ()
    encoded = text.encode(errors="replace")
    no_numbers: list[str] = []
    repaired: dict[str, Any] = json.loads(encoded, parse_constant=no_numbers.append)
    no_text = encoded != text.encode(errors="surrogatepass")
    return repaired, tuple(
        repair for repair, needed in ((NO_TEXT, no_text), (NO_NUMBER, no_numbers)) if needed
    )


def read_passthrough(raw: Mapping[str, Any], zone: tzinfo, default_time: datetime) -> ImportRow:
    """A row that is sent unchanged, except for its time and unencodable text.

    A naive time is in `zone`, a missing one is `default_time` (aware).
    """
    item, repairs = encodable(raw)
    when, naive = parse_time(item.get("timestamp"), zone)
    if when is None:
        repairs = (*repairs, NO_TIME)
    at = when or default_time
    return ImportRow(
        item={**item, "timestamp": at.isoformat()},
        at=at,
        event_id=row_event_id(raw),
        repairs=repairs,
        naive=naive,
    )
