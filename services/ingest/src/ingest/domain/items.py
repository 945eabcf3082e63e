"""Reads the items of a request: each becomes a value, or the problems of its fields."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from ingest.domain.identity import Identity
from ratchet.contract import ClientInput, Experience, is_plan

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
_VALIDATOR_PREFIX = "Value error, "
"""What pydantic puts before the message of a validator."""
_UNNAMED = Identity()
_ERASED = "was erased on request and cannot be added again"
_NOT_CALLED = "default_factory_not_called"
"""A field that has no default because another one is invalid, which has its own problem."""


@dataclass(frozen=True)
class ItemProblem:
    """`index` counts the items of the request from 0, `field` is a dotted path in the item."""

    index: int
    field: str
    message: str


@dataclass(frozen=True)
class UnreadableItem:
    """Replaces an item whose JSON cannot be read."""

    field: str
    message: str


@dataclass(frozen=True)
class ValidItem(Generic[M]):
    """`index` counts all items of the request from 0."""

    index: int
    identity: Identity
    body: M


@dataclass(frozen=True)
class SortedItems(Generic[M]):
    valid: tuple[ValidItem[M], ...]
    problems: tuple[ItemProblem, ...]


def sort_items(
    items: Sequence[Any],
    read: Callable[[Mapping[str, Any]], M],
    sent: ClientInput,
    first: int = 0,
) -> SortedItems[M]:
    """Reads every item; an invalid one yields a problem for each invalid field.

    `first` is the index of the first of `items` in its request.
    """

    def read_identity(item: Mapping[str, Any]) -> Identity:
        return Identity.model_validate(item, context=sent)

    valid: list[ValidItem[M]] = []
    problems: list[ItemProblem] = []
    for index, item in enumerate(items, first):
        if isinstance(item, UnreadableItem):
            problems.append(ItemProblem(index, item.field, item.message))
            continue
        if not isinstance(item, Mapping):
            problems.append(ItemProblem(index, "", "must be a JSON object"))
            continue
        named = "event_id" in item or "occurred_at" in item
        identity = _read(read_identity, item, index, problems) if named else _UNNAMED
        body = _read(read, item, index, problems)
        if identity is not None and body is not None:
            valid.append(ValidItem(index, identity, body))
    return SortedItems(tuple(valid), tuple(problems))


def without_erased(items: SortedItems[M], erased: Set[str]) -> SortedItems[M]:
    """Turns the items about `erased` query ids into problems."""
    valid: list[ValidItem[M]] = []
    problems = list(items.problems)
    for item in items.valid:
        if getattr(item.body, "query_id", None) in erased:
            problems.append(ItemProblem(item.index, "query_id", _ERASED))
        else:
            valid.append(item)
    return SortedItems(tuple(valid), tuple(problems))


def read_experience(
    item: Mapping[str, Any], received_at: datetime, sent: ClientInput
) -> Experience:
    """An experience of any age; without a timestamp it was answered at `received_at`.

    Raises `pydantic.ValidationError`.
    """
    if item.get("timestamp") is None:
        item = {**item, "timestamp": received_at}
    return Experience.model_validate(item, context=sent)


def lacks_plan(item: Mapping[str, Any]) -> bool:
    """Whether the experience counts for voice only, because its plan has no list of widgets.

    One without a plan lacks nothing: an assistant may show no widgets.
    """
    plan = item.get("widget_plan")
    return plan is not None and not is_plan(plan)


def problems_of(errors: Iterable[Mapping[str, Any]], index: int = 0) -> list[ItemProblem]:
    """One problem for each of pydantic's `errors`, with its `loc` as the field."""
    return [
        ItemProblem(
            index, ".".join(map(str, error["loc"])), error["msg"].removeprefix(_VALIDATOR_PREFIX)
        )
        for error in errors
        if error["type"] != _NOT_CALLED
    ]


def validation_problems(error: ValidationError, index: int = 0) -> list[ItemProblem]:
    """One problem for each invalid field of the item."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    return problems_of(errors, index)


def _read(
    read: Callable[[Mapping[str, Any]], T],
    item: Mapping[str, Any],
    index: int,
    problems: list[ItemProblem],
) -> T | None:
    try:
        return read(item)
    except ValidationError as error:
        problems.extend(validation_problems(error, index))
        return None
