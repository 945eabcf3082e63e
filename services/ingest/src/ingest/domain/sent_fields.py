"""The fields of sent items: unknown ones are named, and an item without any content is refused."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel

from ingest.domain.identity import Identity
from ingest.domain.items import ItemProblem, SortedItems

M = TypeVar("M", bound=BaseModel)
_NO_CONTENT = {"query_id", "user_id", "timestamp"}
_MOST = 100
_LONGEST_NAME = 100
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def without_empty(items: SortedItems[M]) -> SortedItems[M]:
    """Turns the items that say nothing about their answer into problems."""
    valid, problems = [], list(items.problems)
    for item in items.valid:
        sent = item.body.model_fields_set - _NO_CONTENT
        if any(getattr(item.body, name) is not None for name in sent):
            valid.append(item)
        else:
            known = sorted(type(item.body).model_fields.keys() - _NO_CONTENT)
            message = f"says nothing about the answer; send at least one of {', '.join(known)}"
            problems.append(ItemProblem(item.index, "", message))
    return SortedItems(tuple(valid), tuple(problems))


def unknown_fields(
    items: Sequence[Any], accepted: Iterable[int], model: type[BaseModel]
) -> tuple[tuple[ItemProblem, ...], tuple[ItemProblem, ...]]:
    """The unknown fields of items of `model`: of the `accepted` ones, then of the others.

    Of a refused item only those are named that are like a known field. At most 100 are named.
    """
    indexes = set(accepted)
    known = tuple(sorted(model.model_fields.keys() | Identity.model_fields.keys()))
    found = list(islice(_unknown(items, known), _MOST))
    ignored = tuple(
        ItemProblem(index, name, f"is unknown and was ignored{_question(like)}")
        for index, name, like in found
        if index in indexes
    )
    mistaken = tuple(
        ItemProblem(index, name, f"is unknown{_question(like)}")
        for index, name, like in found
        if index not in indexes and like
    )
    return ignored, mistaken


def _unknown(items: Sequence[Any], known: tuple[str, ...]) -> Iterator[tuple[int, str, str | None]]:
    for index, item in enumerate(items):
        if isinstance(item, Mapping):
            for name in item:
                if name not in known:
                    short = name[:_LONGEST_NAME]
                    yield index, short, _like(short, known)


@lru_cache(maxsize=1000)
def _like(name: str, known: tuple[str, ...]) -> str | None:
    """The known name that `name` resembles, such as query_id for queryId."""
    near = get_close_matches(_CAMEL_CASE.sub("_", name).lower(), known, n=1, cutoff=0.65)
    return near[0] if near else None


def _question(like: str | None) -> str:
    return f"; did you mean {like}?" if like else ""
