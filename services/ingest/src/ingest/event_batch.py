"""The events of one request, and the corrections among them that wait for approval."""

from dataclasses import dataclass, replace

from ingest.domain.corrections import body_of, correcting_fields
from ingest.domain.items import ItemProblem
from ratchet.contract import Event, ExperienceRecorded, FeedbackReceived
from ratchet.delivery import data_of

_WAITS = (
    "is stored but teaches nothing, because the key lacks the scope teach; send it with such a "
    "key, or run `ratchet corrections approve {query_id}`"
)


@dataclass(frozen=True)
class EventBatch:
    """The events of one request, and the problems of the items that were refused.

    `received` counts all items, `data` is the JSON of each event, and `indexes` holds the index of
    its item. `named` holds the event ids that the client chose.
    """

    kind: str
    received: int
    events: tuple[Event, ...]
    data: tuple[bytes, ...]
    indexes: tuple[int, ...]
    named: frozenset[str]
    problems: tuple[ItemProblem, ...]
    warnings: tuple[ItemProblem, ...] = ()
    """The unknown fields of the accepted items, and those that wait for approval."""
    without_plan: frozenset[str] = frozenset()
    """The event ids of experiences without a widget plan."""


def awaiting_approval(batch: EventBatch) -> EventBatch:
    """`batch` with its corrections marked, and a warning for each of their fields."""
    events, data, warnings = list(batch.events), list(batch.data), list(batch.warnings)
    for number, (event, index) in enumerate(zip(batch.events, batch.indexes, strict=True)):
        assert isinstance(event, FeedbackReceived | ExperienceRecorded)
        body = body_of(event)
        if fields := correcting_fields(body):
            events[number] = event.model_copy(update={"may_teach": False})
            data[number] = data_of(events[number])
            remedy = _WAITS.format(query_id=body.query_id)
            warnings.extend(ItemProblem(index, field, remedy) for field in fields)
    return replace(batch, events=tuple(events), data=tuple(data), warnings=tuple(warnings))
