"""Rows of every release as experiences: invalid parts of a row are removed, never the row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from pydantic import ValidationError

from ratchet.contract import ClientInput, Experience, Place, derived_id, is_plan, without_place
from ratchet_rows.row import NO_TIME, ImportRow, canonical, encodable, row_event_id
from ratchet_rows.times import parse_time
from ratchet_text import identifier

NO_PLAN = "widget_plan: missing, counts for voice only"
NO_ID = "query_id: missing or unusable, derived from the row"
_MAX_ID = 128
_WIDGETS = ("widget_plan", "widgets")
_WIDGETS_COUNT_FROM = {"widget_interactions": 0, "per_widget_feedback": 1}


@dataclass(frozen=True, kw_only=True)
class ExperienceRow(ImportRow):
    experience: Experience


def read_experience(raw: Mapping[str, Any], zone: tzinfo, default_time: datetime) -> ExperienceRow:
    """Read one row; a naive time is in `zone`, a missing one is `default_time` (aware)."""
    known = {key: value for key, value in raw.items() if key in Experience.model_fields}
    clean, encoding_repairs = encodable(known)
    repairs = dict.fromkeys(encoding_repairs)
    row = dict(clean)
    when, naive = parse_time(row.get("timestamp"), zone)
    if when is None:
        repairs[NO_TIME] = None
    try:
        name = identifier(row.get("query_id"))
    except ValueError:
        name = ""
    if not 0 < len(name) <= _MAX_ID:
        name = f"row-{derived_id(canonical(raw))}"
        repairs[NO_ID] = None
    row |= {"timestamp": when or default_time, "query_id": name}
    if not is_plan(row.get("widget_plan")):
        repairs[NO_PLAN] = None
        row.pop("widget_plan", None)
    experience = _validated(row, repairs, zone)
    return ExperienceRow(
        item=experience.model_dump(mode="json", exclude_unset=True),
        at=experience.timestamp,
        event_id=row_event_id(raw),
        repairs=tuple(repairs),
        naive=naive,
        experience=experience,
    )


def _validated(row: dict[str, Any], repairs: dict[str, None], zone: tzinfo) -> Experience:
    """Remove invalid parts until the rest is an experience.

    Widgets are removed last: see `_without_widget`.
    """
    while True:
        try:
            return Experience.model_validate(row, context=ClientInput(zone))
        except ValidationError as error:
            # Indexes change when an element is removed: remove from the back, and validate again.
            faults: set[Place] = set()
            for problem in error.errors(include_url=False, include_context=False):
                path = [part for part in problem["loc"] if isinstance(part, str)]
                message = problem["msg"].removeprefix("Value error, ")
                repairs[f"{'.'.join(path)}: {message}"] = None
                faults.add(_invalid_part(problem["loc"]))
            widgets = {place for place in faults if place[:-1] == _WIDGETS}
            for place in sorted(faults - widgets or widgets, reverse=True):
                row = without_place(row, place)
                if place in widgets:
                    row = _without_widget(row, int(place[-1]))


def _invalid_part(place: Place) -> Place:
    """The element of the innermost list that contains `place`, else `place` itself.

    An interaction is kept without its time.
    """
    if place[-1] == "timestamp":
        return place
    depths = [depth for depth, part in enumerate(place, start=1) if isinstance(part, int)]
    return place[: depths[-1]] if depths else place


def _without_widget(row: dict[str, Any], removed: int) -> dict[str, Any]:
    """Renumber what refers to the widgets behind `removed` (from 0), and drop what refers to it."""
    moved = dict(row)
    for field, first in _WIDGETS_COUNT_FROM.items():
        if isinstance(row.get(field), list):
            references = [(int(one["widget_index"]), one) for one in row[field]]
            moved[field] = [
                {**one, "widget_index": index - (index - first > removed)}
                for index, one in references
                if index - first != removed
            ]
    return moved
