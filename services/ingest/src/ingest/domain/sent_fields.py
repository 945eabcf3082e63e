"""Reports unknown fields of sent items, and refuses items without content."""

import re
from collections.abc import Mapping, Sequence, Set
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel

from ingest.domain.identity import Identity
from ingest.domain.items import ItemProblem, SortedItems

M = TypeVar("M", bound=BaseModel)
_NO_CONTENT = {"query_id", "user_id", "timestamp"}
_USUAL = ("rating", "transcript", "voice_response", "widget_plan", "interactions", "correction")
_OTHER_NAMES = {"question": "transcript", "answer": "voice_response", "thumb": "rating"}
_MOST, _LONGEST_NAME = 100, 100
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def without_empty(items: SortedItems[M]) -> SortedItems[M]:
    """`items` with a problem in place of each item that has only ids and times."""
    valid, problems = [], list(items.problems)
    for item in items.valid:
        sent = item.body.model_fields_set - _NO_CONTENT
        if any(getattr(item.body, name) is not None for name in sent):
            valid.append(item)
        else:
            usual = ", ".join(name for name in _USUAL if name in type(item.body).model_fields)
            message = f"has no content besides its ids; send one of {usual}, or another field"
            problems.append(ItemProblem(item.index, "", message))
    return SortedItems(tuple(valid), tuple(problems))


def unknown_fields(
    items: Sequence[Any], accepted: Set[int], model: type[BaseModel]
) -> tuple[list[ItemProblem], list[ItemProblem]]:
    """The unknown fields of items of `model`: of the `accepted` ones, then of the others.

    Of a refused item only fields that resemble a known field are reported; at most 100 in all.
    """
    known = _known_fields(model)
    unknown = (
        (index, name[:_LONGEST_NAME])
        for index, item in enumerate(items)
        if isinstance(item, Mapping) and not item.keys() <= known
        for name in item
        if name not in known
    )
    ignored, mistaken = [], []
    for index, name in islice(unknown, _MOST):
        like = _like(name, known)
        question = f"; did you mean {like}?" if like else ""
        if index in accepted:
            ignored.append(ItemProblem(index, name, f"is unknown and was ignored{question}"))
        elif like:
            mistaken.append(ItemProblem(index, name, f"is unknown{question}"))
    return ignored, mistaken


@cache
def _known_fields(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(model.model_fields.keys() | Identity.model_fields.keys())


@lru_cache(maxsize=1000)
def _like(name: str, known: frozenset[str]) -> str | None:
    """The known name that `name` resembles, such as query_id for queryId."""
    meant = _CAMEL_CASE.sub("_", name).lower()
    near = get_close_matches(_OTHER_NAMES.get(meant, meant), sorted(known), n=1, cutoff=0.65)
    return near[0] if near else None
