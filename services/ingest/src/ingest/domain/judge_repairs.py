"""Feedback whose judge was slightly off: the invalid parts are left out, never the rating."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from pydantic import ValidationError

from ingest.domain.items import ItemProblem, validation_problems
from ratchet.contract import ClientInput, Feedback, Place, without_place

_REFUSED = (("query_id",), ("rating",), ("interactions",), ("correction",))
_JUDGED = "per_widget_feedback"
_READ = ClientInput(UTC)
_MOST_PARTS = 50


def without_invalid_parts(item: dict[str, Any]) -> tuple[dict[str, Any], list[ItemProblem]]:
    """`item` without what cannot be read, and a warning for each part.

    An invalid field of `_REFUSED` stays, so that the item is refused. Of more than `_MOST_PARTS`
    parts, whole fields are left out.
    """
    item = _counted_from_one(item)
    warnings: dict[str, ItemProblem] = {}
    parts = 0
    while True:
        try:
            Feedback.model_validate(item, context=_READ)
        except ValidationError as error:
            fault, problem = error.errors()[0], validation_problems(error)[0]
            place: Place = fault["loc"]
            if place in _REFUSED:
                return item, list(warnings.values())
            ignored = ItemProblem(0, problem.field, f"was ignored: {problem.message}")
            warnings.setdefault(problem.field, ignored)
            # Without a required value, the element that lacks it goes.
            place = place[:-1] if fault["type"] == "missing" else place
            parts += 1
            item = without_place(item, place if parts <= _MOST_PARTS else place[:1])
        else:
            return item, list(warnings.values())


def _counted_from_one(item: dict[str, Any]) -> dict[str, Any]:
    """`item` with its widgets counted from 1, where the judge counted them from 0.

    To leave out the widget 0 alone would give the scores of the others to the wrong widgets.
    """
    judged = item.get(_JUDGED)
    if not isinstance(judged, list) or not all(isinstance(one, Mapping) for one in judged):
        return item
    if [one.get("widget_index") for one in judged] != list(range(len(judged))):
        return item
    moved = [{**one, "widget_index": number} for number, one in enumerate(judged, 1)]
    return {**item, _JUDGED: moved}
