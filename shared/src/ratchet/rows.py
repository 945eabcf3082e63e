"""Rows of every age as experiences: what is wrong in a row is taken out, never the row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from ratchet.events.base import derived_id
from ratchet.events.experience import Experience, is_plan
from ratchet.events.places import Place, taken_out

NO_PLAN = "widget_plan: missing, counts for voice only"
NO_TIME = "timestamp: missing or unreadable, replaced by the file's"
NO_TEXT = "text: characters that are none, replaced by a question mark"
NO_NUMBER = "number: NaN or infinite, counted as missing"
NO_ID = "query_id: missing or unusable, derived from the row"
_MAX_ID = 128
_WIDGETS = ("widget_plan", "widgets")
_WIDGETS_COUNT_FROM = {"widget_interactions": 0, "per_widget_feedback": 1}
_LARGEST_SECONDS = 2e10
"""A larger number is a time in milliseconds, as pydantic reads it."""


@dataclass(frozen=True)
class Row:
    """`repairs` has one entry for each kind of repair; `naive` tells that the time had no zone.

    `event_id` depends on the row's content alone: the same row is the same fact in any file.
    """

    experience: Experience
    event_id: str
    repairs: tuple[str, ...]
    naive: bool


def zone_named(name: str) -> ZoneInfo:
    """The zone of naive times; raises `ValueError` with the remedy for a name of none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"no time zone {name!r}; name one such as Europe/Vienna") from error


def read_row(raw: Mapping[str, Any], zone: tzinfo, otherwise: datetime) -> Row:
    """Read one row; a naive time is read in `zone`, and `otherwise` (aware) stands in for none."""
    canonical = json.dumps(raw, sort_keys=True, separators=(",", ":"))
    repairs: dict[str, None] = {}
    told = {key: value for key, value in raw.items() if key in Experience.model_fields}
    row = dict(_encodable(told, repairs))
    when, naive = moment(row.get("timestamp"), zone)
    if when is None:
        repairs[NO_TIME] = None
    identity = row.get("query_id")
    usable = isinstance(identity, str | int | float) and 0 < len(str(identity)) <= _MAX_ID
    if not usable or isinstance(identity, bool):
        identity = f"row-{derived_id(canonical)}"
        repairs[NO_ID] = None
    row |= {"timestamp": when or otherwise, "query_id": str(identity)}
    if not is_plan(row.get("widget_plan")):
        repairs[NO_PLAN] = None
        row.pop("widget_plan", None)
    experience = _validated(row, repairs)
    return Row(experience, derived_id("imported", canonical), tuple(repairs), naive)


def _validated(row: dict[str, Any], repairs: dict[str, None]) -> Experience:
    """Take out what is at fault until the rest is an experience; widgets last, see `_moved_up`."""
    while True:
        try:
            return Experience.model_validate(row)
        except ValidationError as error:
            faults: set[Place] = set()
            for problem in error.errors(include_url=False, include_context=False):
                path = [part for part in problem["loc"] if isinstance(part, str)]
                repairs[f"{'.'.join(path)}: {problem['msg']}"] = None
                faults.add(_at_fault(problem["loc"]))
            widgets = {place for place in faults if place[:-1] == _WIDGETS}
            for place in sorted(faults - widgets or widgets, reverse=True):
                row = taken_out(row, place)
                if place in widgets:
                    row = _moved_up(row, int(place[-1]))


def _at_fault(place: Place) -> Place:
    """The element of the innermost list on the way to `place`, else `place` itself."""
    depths = [depth for depth, part in enumerate(place, start=1) if isinstance(part, int)]
    return place[: depths[-1]] if depths else place


def _moved_up(row: dict[str, Any], gone: int) -> dict[str, Any]:
    """The row after widget `gone` (from 0) left: what is said of later widgets still fits them."""
    moved = dict(row)
    for field, first in _WIDGETS_COUNT_FROM.items():
        if isinstance(row.get(field), list):
            said = [(int(one["widget_index"]), one) for one in row[field]]
            moved[field] = [
                {**one, "widget_index": index - (index - first > gone)}
                for index, one in said
                if index - first != gone
            ]
    return moved


def _encodable(raw: Mapping[str, Any], repairs: dict[str, None]) -> Mapping[str, Any]:
    """The row as JSON and UTF-8 can hold it: no NaN, no lone halves of surrogate pairs."""
    try:
        json.dumps(raw, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        repairs[NO_TEXT] = None
    except ValueError:
        repairs[NO_NUMBER] = None
    else:
        return raw
    text = json.dumps(raw, ensure_ascii=False).encode(errors="replace")
    mended: dict[str, Any] = json.loads(text, parse_constant=lambda _: None)
    return mended


def moment(value: Any, zone: tzinfo) -> tuple[datetime | None, bool]:
    """The time in UTC and whether it came without a zone; None where it cannot be read."""
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) > _LARGEST_SECONDS else value
            return datetime.fromtimestamp(seconds, UTC), False
        else:
            return None, False
        naive = read.tzinfo is None
        aware = read.replace(tzinfo=zone) if naive else read
        return aware.astimezone(UTC), naive
    except (ValueError, OverflowError, OSError):
        return None, False
