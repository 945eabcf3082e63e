"""Finds what is stored: events, those about an experience, and rows of projections."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select

from ledger.backends.tables import PROJECTIONS, events, examples, forgotten_examples
from ledger.domain.projection.changes import EventChanges, ProjectedRow, Projection
from ledger.domain.projection.counting import Count, counts_of
from ledger.domain.projection.experiences import answers
from ledger.domain.projection.projector import changes_of
from ledger.domain.values import entry_numbered, plain
from ratchet.contract import (
    STREAMS,
    BuiltExample,
    Event,
    ExampleRetracted,
    ExperienceRecorded,
    Stamp,
)

_CHUNK = 500
ADAPTERS = {stream.name: stream.adapter for stream in STREAMS}


def stored_among(connection: Connection, event_ids: Iterable[str]) -> Iterable[str]:
    stored = select(events.c.event_id).where(events.c.event_id.in_(list(event_ids)))
    return connection.execute(stored).scalars().all()


def late_retractions(connection: Connection, batch: Collection[Event]) -> list[str]:
    """Ids of retractions of erased examples, which must not create a row for them again.

    The reward service retracts what it erases, and the ledger may have erased it before.
    """
    retracted = [event for event in batch if isinstance(event, ExampleRetracted)]
    names = {plain(event.example_id) for event in retracted}
    if not names:
        return []
    marked = select(forgotten_examples.c.example_id)
    built = select(examples.c.example_id).where(examples.c.built_at.is_not(None))
    gone = set(
        connection.execute(marked.where(forgotten_examples.c.example_id.in_(names))).scalars()
    )
    if gone:
        gone -= set(connection.execute(built.where(examples.c.example_id.in_(gone))).scalars())
        gone -= {plain(event.example_id) for event in batch if isinstance(event, BuiltExample)}
    return [event.event_id for event in retracted if plain(event.example_id) in gone]


def read_rows(connection: Connection, table: Table, keys: Iterable[str]) -> dict[str, ProjectedRow]:
    """The rows of a projection by key; missing ones are absent."""
    [key] = table.primary_key.columns
    rows: dict[str, ProjectedRow] = {}
    for row in connection.execute(select(table).where(key.in_(list(keys)))).mappings():
        columns: dict[str, Any] = dict(row)
        name, stamps = columns.pop(key.name), columns.pop("stamps")
        rows[name] = ProjectedRow(
            columns, {topic: Stamp(*stamp) for topic, stamp in stamps.items()}
        )
    return rows


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


def answered_again(connection: Connection, query_ids: Collection[str]) -> set[str]:
    """Those of `query_ids` with more than one recorded experience."""
    several: set[str] = set()
    for some in chunks(query_ids):
        rows = (
            select(events.c.query_id)
            .where(events.c.query_id.in_(some), events.c.type == ExperienceRecorded.__name__)
            .group_by(events.c.query_id)
            .having(func.count() > 1)
        )
        several.update(connection.execute(rows).scalars())
    return several


def changes_about(connection: Connection, query_ids: Collection[str]) -> Iterator[EventChanges]:
    """The changes that all stored events about these experiences make."""
    for some in chunks(query_ids):
        recorded: defaultdict[str, list[ExperienceRecorded]] = defaultdict(list)
        rows = (
            select(events)
            .where(events.c.query_id.in_(some))
            .order_by(events.c.arrived.nulls_first(), events.c.number)
        )
        for row in connection.execute(rows):
            event = stored_event(row)
            if isinstance(event, ExperienceRecorded):
                recorded[row.query_id].append(event)
            else:
                yield changes_of(event)
        for experiences in recorded.values():
            yield from answers(experiences)


def stored_event(row: Any) -> Event:
    """The event of a row of `events`, as it was delivered."""
    event: Event = ADAPTERS[row.stream].validate_json(row.body)
    return event if row.arrived is None else event.not_after(entry_numbered(row.arrived).latest)


def chunks(names: Collection[str]) -> Iterator[list[str]]:
    """`names` in lists short enough for one statement."""
    ordered = sorted(names)
    for at in range(0, len(ordered), _CHUNK):
        yield ordered[at : at + _CHUNK]
