"""Projects events about examples: built, retracted and erased."""

from ledger.domain.projection.changes import (
    ColumnUpdate,
    EventChanges,
    Link,
    RowChange,
    revision_stamp,
)
from ledger.domain.values import plain, whole
from ratchet.contract import BuiltExample, ExampleRetracted, Forgotten, microseconds


def built(event: BuiltExample) -> EventChanges:
    """Links name every experience that any revision of the example was built of."""
    key, stamp = plain(event.example_id), revision_stamp(event.revision, event)
    columns = {
        "kind": type(event).__name__.removesuffix("Built").lower(),
        "aspect": event.aspect,
        "rule": plain(event.rule, 100),
        "question": plain(event.question.text),
        "built_at": microseconds(event.occurred_at),
    }
    state = {"state": "built", "reason": "", "revision": whole(event.revision)}
    updates = (ColumnUpdate("built", stamp, columns), ColumnUpdate("state", stamp, state))
    links = tuple(Link("example_sources", key, plain(source.query_id)) for source in event.sources)
    return EventChanges((RowChange("examples", key, updates),), links)


def retracted(event: ExampleRetracted) -> EventChanges:
    state = {"state": "retracted", "reason": plain(event.reason), "revision": whole(event.revision)}
    update = ColumnUpdate("state", revision_stamp(event.revision, event), state)
    return EventChanges((RowChange("examples", plain(event.example_id), (update,)),))


def forgotten(event: Forgotten) -> EventChanges:
    request = plain(event.caused_by or "")
    return EventChanges(
        links=tuple(Link("forgotten_examples", plain(name), request) for name in event.examples)
    )
