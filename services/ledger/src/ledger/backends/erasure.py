"""Erases questions from the ledger: events, rows, counts, and the pages that held them."""

from collections import Counter
from collections.abc import Collection, Iterator

from sqlalchemy import Column, Connection, Engine, delete, select, update

from ledger.backends.tables import (
    PROJECTIONS,
    events,
    example_sources,
    forgotten_examples,
    run_examples,
)
from ledger.backends.writer import SqlLedger, read_rows
from ledger.domain.erasure import without_answers
from ledger.domain.projection.changes import Link, Projection
from ledger.domain.projection.counting import Count, counts_of
from ledger.domain.values import plain
from ledger.ports import Erased
from ratchet.contract import STREAMS, BuiltExample, Event, ForgetRequested
from ratchet.storage import query_ids_of

_CHUNK = 500
_ADAPTERS = {stream.name: stream.adapter for stream in STREAMS}


class SqlLedgerErasure:
    """Erases on `engine`, with the projections of `ledger`, which writes the same database."""

    def __init__(self, engine: Engine, ledger: SqlLedger) -> None:
        self._engine = engine
        self._ledger = ledger

    def forget(self, request: ForgetRequested) -> Erased:
        query_ids = sorted({plain(name) for name in request.query_ids})
        with self._engine.begin() as connection:
            made_of_them = _column(
                connection, example_sources.c.example_id, example_sources.c.query_id, query_ids
            )
            traces = _traces(connection, query_ids)
            gone, left = _of_examples(connection, made_of_them, set(query_ids))
            gone |= _column(connection, events.c.event_id, events.c.query_id, query_ids)
            gone |= _column(connection, events.c.event_id, events.c.event_id, request.decision_ids)
            gone |= _column(
                connection,
                events.c.event_id,
                events.c.event_id,
                [remark.event_id for remark in request.remarks],
            )
            change = _drop_events(connection, gone)
            others = {plain(remark.query_id) for remark in request.remarks} - set(query_ids)
            left += _events_about(connection, others)
            change.subtract(_drop_rows(connection, "experiences", {*query_ids, *others}))
            change.subtract(_drop_rows(connection, "examples", made_of_them))
            for some in _chunks(made_of_them):
                connection.execute(
                    delete(example_sources).where(example_sources.c.example_id.in_(some))
                )
            change.update(self._ledger.project(connection, left))
            self._ledger.count(connection, change)
            self._ledger.link(
                connection,
                (
                    Link("forgotten_examples", name, request.event_id)
                    for name in made_of_them | traces
                ),
            )
            marked = _column(
                connection,
                forgotten_examples.c.example_id,
                forgotten_examples.c.request_id,
                [request.event_id],
            )
            used_by = _column(
                connection, run_examples.c.run_id, run_examples.c.example_id, made_of_them | traces
            )
            redacted = _remove_answers(connection, used_by | set(request.run_ids))
        self._scrub()
        counts = {
            "events": len(gone),
            "examples": len(made_of_them),
            "events_without_answers": redacted,
        }
        return Erased(counts, tuple(sorted(marked)))

    def _scrub(self) -> None:
        """Rewrite SQLite's file without its freed pages; PostgreSQL's is up to its operator."""
        # `secure_delete` overwrites deleted rows in the file itself. Older copies of their pages
        # stay in the write-ahead log until it is truncated, and VACUUM drops the freed pages.
        if self._engine.dialect.name != "sqlite":
            return
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()
        finally:
            connection.close()


def _traces(connection: Connection, query_ids: Collection[str]) -> set[str]:
    """The ids of traces of the questions: each is the id of an example too."""
    trace_ids = set()
    for some in _chunks(query_ids):
        rows = select(events.c.body).where(
            events.c.query_id.in_(some), events.c.type == "TraceCaptured"
        )
        for body in connection.execute(rows).scalars():
            trace_ids.add(plain(_ADAPTERS["traces"].validate_json(body).trace_id))
    return trace_ids


def _of_examples(
    connection: Connection, example_ids: Collection[str], query_ids: set[str]
) -> tuple[set[str], list[Event]]:
    """The ids of events to erase, and the events that stay: revisions built of other questions.

    If no revision stays, neither do its retractions.
    """
    gone: set[str] = set()
    left: list[Event] = []
    for example_id in sorted(example_ids):
        rows = select(events).where(events.c.example_id == example_id)
        history: list[Event] = [
            _ADAPTERS[row.stream].validate_json(row.body) for row in connection.execute(rows)
        ]
        stay = [e for e in history if query_ids.isdisjoint(map(plain, query_ids_of(e)))]
        if not any(isinstance(event, BuiltExample) for event in stay):
            stay = []
        gone |= {event.event_id for event in history} - {event.event_id for event in stay}
        left.extend(stay)
    return gone, left


def _events_about(connection: Connection, query_ids: Collection[str]) -> list[Event]:
    stored: list[Event] = []
    for some in _chunks(query_ids):
        rows = select(events).where(events.c.query_id.in_(some))
        stored += [
            _ADAPTERS[row.stream].validate_json(row.body) for row in connection.execute(rows)
        ]
    return stored


def _drop_events(connection: Connection, event_ids: Collection[str]) -> Counter[Count]:
    change: Counter[Count] = Counter()
    for some in _chunks(event_ids):
        dropped = delete(events).where(events.c.event_id.in_(some)).returning(events.c.type)
        change.subtract(("event", kind) for kind in connection.execute(dropped).scalars())
    return change


def _drop_rows(
    connection: Connection, projection: Projection, keys: Collection[str]
) -> Counter[Count]:
    """Delete the rows; returns what they added to the counts."""
    table = PROJECTIONS[projection]
    [key] = table.primary_key.columns
    counted: Counter[Count] = Counter()
    for some in _chunks(keys):
        for row in read_rows(connection, table, some).values():
            counted.update(counts_of(projection, row))
        connection.execute(delete(table).where(key.in_(some)))
    return counted


def _remove_answers(connection: Connection, run_ids: Collection[str]) -> int:
    """Remove recorded answers from the events of these runs; returns how many changed.

    A model that was trained on erased data may have repeated it.
    """
    changed = 0
    for some in _chunks(run_ids):
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


def _column(
    connection: Connection, selected: Column[str], key: Column[str], names: Collection[str]
) -> set[str]:
    """The values of `selected` in rows whose `key` is one of `names`."""
    values: set[str] = set()
    for some in _chunks(names):
        values.update(connection.execute(select(selected).where(key.in_(some))).scalars())
    return values


def _chunks(names: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(names)
    for at in range(0, len(ordered), _CHUNK):
        yield ordered[at : at + _CHUNK]
