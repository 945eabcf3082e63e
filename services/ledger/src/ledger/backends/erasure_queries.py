"""Queries and deletions that an erasure consists of."""

from collections import Counter
from collections.abc import Collection, Iterator

from sqlalchemy import Column, ColumnElement, Connection, delete, select, update

from ledger.backends.tables import PROJECTIONS, events
from ledger.backends.writer import read_rows
from ledger.domain.erasure import without_answers
from ledger.domain.projection.changes import Projection
from ledger.domain.projection.counting import Count, counts_of
from ledger.domain.values import plain
from ratchet.contract import STREAMS, BuiltExample, Event
from ratchet.storage import query_ids_of

_CHUNK = 500
_ADAPTERS = {stream.name: stream.adapter for stream in STREAMS}


def trace_ids_of(connection: Connection, query_ids: Collection[str]) -> set[str]:
    """The ids of traces of the questions: each is the id of an example too."""
    trace_ids = set()
    for some in chunks(query_ids):
        rows = select(events.c.body).where(
            events.c.query_id.in_(some), events.c.type == "TraceCaptured"
        )
        for body in connection.execute(rows).scalars():
            trace_ids.add(plain(_ADAPTERS["traces"].validate_json(body).trace_id))
    return trace_ids


def split_example_events(
    connection: Connection, example_ids: Collection[str], query_ids: set[str]
) -> tuple[set[str], list[Event]]:
    """The ids of events to erase, and the events that stay: revisions built of other questions.

    If no revision stays, neither do its retractions.
    """
    gone: set[str] = set()
    left: list[Event] = []
    for example_id in sorted(example_ids):
        history = _events(connection, events.c.example_id == example_id)
        stay = [e for e in history if query_ids.isdisjoint(map(plain, query_ids_of(e)))]
        if not any(isinstance(event, BuiltExample) for event in stay):
            stay = []
        gone |= {event.event_id for event in history} - {event.event_id for event in stay}
        left.extend(stay)
    return gone, left


def events_about(connection: Connection, query_ids: Collection[str]) -> list[Event]:
    """The stored events about these questions."""
    stored: list[Event] = []
    for some in chunks(query_ids):
        stored += _events(connection, events.c.query_id.in_(some))
    return stored


def _events(connection: Connection, condition: ColumnElement[bool]) -> list[Event]:
    rows = connection.execute(select(events).where(condition))
    return [_ADAPTERS[row.stream].validate_json(row.body) for row in rows]


def delete_events(connection: Connection, event_ids: Collection[str]) -> Counter[Count]:
    """Delete the events; returns the change of the counts."""
    change: Counter[Count] = Counter()
    for some in chunks(event_ids):
        dropped = delete(events).where(events.c.event_id.in_(some)).returning(events.c.type)
        change.subtract(("event", kind) for kind in connection.execute(dropped).scalars())
    return change


def delete_rows(
    connection: Connection, projection: Projection, keys: Collection[str]
) -> Counter[Count]:
    """Delete the rows; returns what they added to the counts."""
    table = PROJECTIONS[projection]
    [key] = table.primary_key.columns
    counted: Counter[Count] = Counter()
    for some in chunks(keys):
        for row in read_rows(connection, table, some).values():
            counted.update(counts_of(projection, row))
        connection.execute(delete(table).where(key.in_(some)))
    return counted


def remove_answers(connection: Connection, run_ids: Collection[str]) -> int:
    """Remove recorded answers from the events of these runs; returns how many changed.

    A model that was trained on erased data may have repeated it.
    """
    changed = 0
    for some in chunks(run_ids):
        rows = select(events).where(events.c.run_id.in_(some))
        for row in connection.execute(rows).all():
            event = _ADAPTERS[row.stream].validate_json(row.body)
            redacted = without_answers(event)
            if redacted != event:
                its_row = events.c.number == row.number
                body = redacted.model_dump_json()
                connection.execute(update(events).where(its_row).values(body=body))
                changed += 1
    return changed


def values_of(
    connection: Connection, selected: Column[str], key: Column[str], names: Collection[str]
) -> set[str]:
    """The values of `selected` in rows whose `key` is one of `names`."""
    values: set[str] = set()
    for some in chunks(names):
        values.update(connection.execute(select(selected).where(key.in_(some))).scalars())
    return values


def chunks(names: Collection[str]) -> Iterator[list[str]]:
    """`names` in lists short enough for one statement."""
    ordered = sorted(names)
    for at in range(0, len(ordered), _CHUNK):
        yield ordered[at : at + _CHUNK]
