"""Events as they wait: one line for each, with the time at which it was recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID, uuid4

from pydantic import BaseModel
from pydantic_core import from_json, to_json

_OWN_TIMES = ("timestamp", "occurred_at")


class EventKind(StrEnum):
    """What is sent, named as its path is."""

    EXPERIENCES = "experiences"
    FEEDBACK = "feedback"
    CORRECTIONS = "corrections"

    @property
    def path(self) -> str:
        return f"/v1/{self.value}"


@dataclass(frozen=True)
class WaitingEvent:
    """`at` is in seconds since 1970, `content` the JSON object that is sent."""

    at: int
    content: bytes

    @property
    def line(self) -> bytes:
        return b"%d %b\n" % (self.at, self.content)

    @classmethod
    def of(cls, line: bytes) -> Self | None:
        """The event of a line; None if the line was damaged or cut off."""
        at, _, content = line.partition(b" ")
        if not (at.isdigit() and content.startswith(b"{") and content.endswith(b"}\n")):
            return None
        return cls(int(at), content[:-1])

    @property
    def fields(self) -> dict[str, object]:
        """The fields of the item; raises `ValueError` if the content is not JSON."""
        fields: dict[str, object] = from_json(self.content)
        return fields

    def without_own_times(self) -> Self | None:
        """The event without the times that the client added; None if it added none."""
        fields = self.fields
        if "occurred_at" not in fields:
            return None
        given = fields.get("timestamp") != fields["occurred_at"]
        own = _OWN_TIMES[1:] if given else _OWN_TIMES
        kept = {name: value for name, value in fields.items() if name not in own}
        return type(self)(self.at, to_json(kept))


def new_event(
    kind: EventKind, item: Mapping[str, object], now: datetime
) -> tuple[str, WaitingEvent]:
    """The query id of `item`, made here if it has none, and the event to send.

    The event gets an id, so that it counts once however often it is sent, and its time. Raises
    `PydanticSerializationError`, `TypeError` or `ValueError` for a value without a JSON form.
    """
    query_id = str(item.get("query_id") or uuid4())
    occurred_at = now.astimezone(UTC).isoformat()
    fields = {"event_id": str(uuid4()), "occurred_at": occurred_at, **item, "query_id": query_id}
    if kind is EventKind.EXPERIENCES and fields.get("timestamp") is None:
        fields["timestamp"] = occurred_at
    return query_id, WaitingEvent(int(now.timestamp()), to_json(fields, fallback=_plain))


def fields_of(item: Mapping[str, object] | BaseModel | None, **more: object) -> dict[str, object]:
    """The fields of a mapping or of a pydantic model, without those that are None."""
    fields = item.model_dump() if isinstance(item, BaseModel) else dict(item or {})
    fields.update(more)
    return {name: value for name, value in fields.items() if value is not None}


def _plain(value: object) -> object:
    """The plain number of a numpy scalar; raises `TypeError` for any other object."""
    if isinstance(value, UUID) or not hasattr(value, "item"):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    return value.item()
