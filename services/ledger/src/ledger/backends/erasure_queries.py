"""Queries and deletions that an erasure consists of."""

from collections import Counter
from collections.abc import Collection

from sqlalchemy import Column, ColumnElement, Connection, delete, select, update

from ledger.backends.rows import ADAPTERS, chunks
from ledger.backends.tables import events
from ledger.domain.erasure import without_answers
from ledger.domain.projection.counting import Count
from ledger.domain.values import plain
from ratchet.contract import BuiltExample, Event
from ratchet.storage import query_ids_of


def trace_ids_of(connection: Connection, query_ids: Collection[str]) -> set[str]:
    """The ids of traces of the questions: each is the id of an example too."""
    trace_ids = set()
    for some in chunks(query_ids):
        rows = select(events.c.body).where(
            events.c.query_id.in_(some), events.c.type == "TraceCaptured"
        )
        for body in connection.execute(rows).scalars():
            trace_ids.add(plain(ADAPTERS["traces"].validate_json(body).trace_id))
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


def _events(connection: Connection, condition: ColumnElement[bool]) -> list[Event]:
    rows = connection.execute(select(events).where(condition))
    return [ADAPTERS[row.stream].validate_json(row.body) for row in rows]


def delete_events(connection: Connection, event_ids: Collection[str]) -> Counter[Count]:
    """Delete the events; returns the change of the counts."""
    change: Counter[Count] = Counter()
    for some in chunks(event_ids):
        dropped = delete(events).where(events.c.event_id.in_(some)).returning(events.c.type)
        change.subtract(("event", kind) for kind in connection.execute(dropped).scalars())
    return change


def remove_answers(connection: Connection, run_ids: Collection[str]) -> int:
    """Remove recorded answers from the events of these runs; returns how many changed.

    A model that was trained on erased data may have repeated it.
    """
    changed = 0
    for some in chunks(run_ids):
        rows = select(events).where(events.c.run_id.in_(some))
        for row in connection.execute(rows).all():
            event = ADAPTERS[row.stream].validate_json(row.body)
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
