"""From the items of one request to facts and problems: a bad item spoils only itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from ingest.domain.identity import Identity
from ratchet.contract import Experience, Feedback, is_plan

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
_OURS = "Value error, "
"""What pydantic puts before the message of a validator of ours."""
_UNNAMED = Identity()


@dataclass(frozen=True)
class Problem:
    """`index` counts the items of the request from 0, `field` is a dotted path in the item."""

    index: int
    field: str
    message: str


@dataclass(frozen=True)
class Item(Generic[M]):
    """`index` counts the items of the request from 0, the refused ones too."""

    index: int
    identity: Identity
    body: M


@dataclass(frozen=True)
class Sorted(Generic[M]):
    accepted: tuple[Item[M], ...]
    problems: tuple[Problem, ...]


def sort_items(items: Sequence[Any], read: Callable[[Mapping[str, Any]], M]) -> Sorted[M]:
    """Read every item; what cannot be read becomes its problems, one for each bad field."""
    accepted: list[Item[M]] = []
    problems: list[Problem] = []
    for index, item in enumerate(items):
        if not isinstance(item, Mapping):
            problems.append(Problem(index, "", "must be a JSON object"))
            continue
        named = "event_id" in item or "occurred_at" in item
        identity = _tried(Identity.model_validate, item, index, problems) if named else _UNNAMED
        body = _tried(read, item, index, problems)
        if identity is not None and body is not None:
            accepted.append(Item(index, identity, body))
    return Sorted(tuple(accepted), tuple(problems))


def refused(found: Sorted[M], forgotten: Callable[[Item[M]], bool]) -> Sorted[M]:
    """`found` without what is about a question that was forgotten for good."""
    problems = [
        Problem(
            item.index, "query_id", "was forgotten at somebody's request: nothing brings it back"
        )
        for item in found.accepted
        if forgotten(item)
    ]
    accepted = tuple(item for item in found.accepted if not forgotten(item))
    return Sorted(accepted, (*found.problems, *problems))


def read_experience(item: Mapping[str, Any], received_at: datetime, zone: tzinfo) -> Experience:
    """An experience of any age; without a timestamp it was answered at `received_at`.

    A timestamp that names no zone is read in `zone`. Raises `pydantic.ValidationError`.
    """
    return Experience.model_validate(
        {**item, "timestamp": _aware(item.get("timestamp"), received_at, zone)}
    )


def in_zone(item: Mapping[str, Any], zone: tzinfo) -> Mapping[str, Any]:
    """The item with a timestamp that names no zone read in `zone`."""
    return {**item, "timestamp": _aware(item.get("timestamp"), None, zone)}


def read_feedback(item: Mapping[str, Any]) -> Feedback:
    """Raises `pydantic.ValidationError`."""
    return Feedback.model_validate(item)


def lacks_plan(item: Mapping[str, Any]) -> bool:
    """Whether the row counts for voice only, for want of a plan with widgets."""
    return not is_plan(item.get("widget_plan"))


def problems_of(error: ValidationError, index: int = 0) -> list[Problem]:
    """One problem for each bad field of the item."""
    return [
        Problem(index, ".".join(map(str, found["loc"])), found["msg"].removeprefix(_OURS))
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _tried(
    read: Callable[[Mapping[str, Any]], T],
    item: Mapping[str, Any],
    index: int,
    problems: list[Problem],
) -> T | None:
    try:
        return read(item)
    except ValidationError as error:
        problems.extend(problems_of(error, index))
        return None


def _aware(value: Any, received_at: datetime | None, zone: tzinfo) -> Any:
    if value is None:
        return received_at
    if isinstance(value, str):
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            return value
        return read if read.tzinfo else read.replace(tzinfo=zone)
    return value
