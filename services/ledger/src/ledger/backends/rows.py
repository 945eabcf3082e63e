"""Finds the stored events about an experience, and rows of projections."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Table, case, delete, func, or_, select

from ledger.backends.tables import (
    PROJECTIONS,
    events,
    examples,
    forgotten_examples,
)
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
    FeedbackReceived,
    Stamp,
    microseconds,
)

_CHUNK = 500
ADAPTERS = {stream.name: stream.adapter for stream in STREAMS}


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


def to_fold_again(connection: Connection, query_ids: Collection[str], window: int) -> set[str]:
    """Those of `query_ids` whose row depends on all of their events.

    These have more than one recorded experience, or feedback later than `window` microseconds.
    """
    recorded_at = case((events.c.type == ExperienceRecorded.__name__, events.c.occurred_at))
    said_at = case((events.c.type == FeedbackReceived.__name__, events.c.occurred_at))
    found: set[str] = set()
    for some in chunks(query_ids):
        rows = (
            select(events.c.query_id)
            .where(events.c.query_id.in_(some))
            .group_by(events.c.query_id)
            .having(
                or_(
                    func.count(recorded_at) > 1,
                    func.max(said_at) > func.min(recorded_at) + window,
                )
            )
        )
        found.update(connection.execute(rows).scalars())
    return found


def changes_about(
    connection: Connection, query_ids: Collection[str], window: int
) -> Iterator[EventChanges]:
    """The changes that all stored events about these experiences make.

    Feedback later than `window` microseconds after its answer was recorded makes none, as it
    changes no reward.
    """
    for some in chunks(query_ids):
        recorded: defaultdict[str, list[ExperienceRecorded]] = defaultdict(list)
        said: list[tuple[str, FeedbackReceived]] = []
        rows = (
            select(events)
            .where(events.c.query_id.in_(some))
            .order_by(events.c.arrived.nulls_first(), events.c.number)
        )
        for row in connection.execute(rows):
            event = stored_event(row)
            if isinstance(event, ExperienceRecorded):
                recorded[row.query_id].append(event)
            elif isinstance(event, FeedbackReceived):
                said.append((row.query_id, event))
            else:
                yield _about(row.query_id, changes_of(event))
        for query_id, feedback in said:
            first = recorded.get(query_id, [feedback])[0]
            if microseconds(feedback.occurred_at) <= microseconds(first.occurred_at) + window:
                yield _about(query_id, changes_of(feedback))
        for query_id, several in recorded.items():
            for change in answers(several):
                yield _about(query_id, change)


def _about(query_id: str, change: EventChanges) -> EventChanges:
    """`change` of the answer that is stored under this spelling of its id."""
    return change._replace(rows=tuple(row._replace(key=query_id) for row in change.rows))


def stored_event(row: Any) -> Event:
    """The event of a row of `events`, as it was delivered."""
    event: Event = ADAPTERS[row.stream].validate_json(row.body)
    return event if row.arrived is None else event.not_after(entry_numbered(row.arrived).latest)


def chunks(names: Collection[str]) -> Iterator[list[str]]:
    """`names` in lists short enough for one statement."""
    ordered = sorted(names)
    for at in range(0, len(ordered), _CHUNK):
        yield ordered[at : at + _CHUNK]
