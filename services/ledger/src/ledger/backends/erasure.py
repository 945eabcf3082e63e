"""Erase questions from the ledger: events, rows and counts, and the pages they lay on."""

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
    """Erases questions from the database that `ledger` writes, on an engine of its own."""

    def __init__(self, engine: Engine, ledger: SqlLedger) -> None:
        self._engine = engine
        self._ledger = ledger

    def forget(self, request: ForgetRequested) -> Erased:
        query_ids = sorted({plain(name) for name in request.query_ids})
        with self._engine.begin() as connection:
            theirs = _column(
                connection, example_sources.c.example_id, example_sources.c.query_id, query_ids
            )
            traces = _traces(connection, query_ids)
            gone, left = _of_examples(connection, theirs, set(query_ids))
            gone |= _column(connection, events.c.event_id, events.c.query_id, query_ids)
            gone |= _column(connection, events.c.event_id, events.c.event_id, request.decision_ids)
            gone |= _column(
                connection,
                events.c.event_id,
                events.c.event_id,
                [remark.event_id for remark in request.remarks],
            )
            change = _drop_events(connection, gone)
            spoken_of = {plain(remark.query_id) for remark in request.remarks} - set(query_ids)
            left += _about(connection, spoken_of)
            change.subtract(_drop_rows(connection, "experiences", {*query_ids, *spoken_of}))
            change.subtract(_drop_rows(connection, "examples", theirs))
            for some in _chunks(theirs):
                connection.execute(
                    delete(example_sources).where(example_sources.c.example_id.in_(some))
                )
            change.update(self._ledger.project(connection, left))
            self._ledger.count(connection, change)
            self._ledger.link(
                connection,
                (Link("forgotten_examples", name, request.event_id) for name in theirs | traces),
            )
            marked = _column(
                connection,
                forgotten_examples.c.example_id,
                forgotten_examples.c.request_id,
                [request.event_id],
            )
            used_by = _column(
                connection, run_examples.c.run_id, run_examples.c.example_id, theirs | traces
            )
            told = _silence(connection, used_by | set(request.run_ids))
        self._scrub()
        counts = {"events": len(gone), "examples": len(theirs), "events_without_answers": told}
        return Erased(counts, tuple(sorted(marked)))

    def _scrub(self) -> None:
        """Rewrite the file without the pages that were freed, and empty the log beside it.

        PostgreSQL's own files are for its operator to vacuum.
        """
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
    """Traces are examples of their own, by their ids."""
    found = set()
    for some in _chunks(query_ids):
        rows = select(events.c.body).where(
            events.c.query_id.in_(some), events.c.type == "TraceCaptured"
        )
        for body in connection.execute(rows).scalars():
            found.add(plain(_ADAPTERS["traces"].validate_json(body).trace_id))
    return found


def _of_examples(
    connection: Connection, example_ids: Collection[str], query_ids: set[str]
) -> tuple[set[str], list[Event]]:
    """Ids of their events that go, and the events that stay: those built of other questions.

    Where none stays, the retractions go too.
    """
    gone: set[str] = set()
    left: list[Event] = []
    for example_id in sorted(example_ids):
        rows = select(events).where(events.c.example_id == example_id)
        told: list[Event] = [
            _ADAPTERS[row.stream].validate_json(row.body) for row in connection.execute(rows)
        ]
        stay = [e for e in told if query_ids.isdisjoint(map(plain, query_ids_of(e)))]
        if not any(isinstance(event, BuiltExample) for event in stay):
            stay = []
        gone |= {event.event_id for event in told} - {event.event_id for event in stay}
        left.extend(stay)
    return gone, left


def _about(connection: Connection, query_ids: Collection[str]) -> list[Event]:
    found: list[Event] = []
    for some in _chunks(query_ids):
        rows = select(events).where(events.c.query_id.in_(some))
        found += [_ADAPTERS[row.stream].validate_json(row.body) for row in connection.execute(rows)]
    return found


def _drop_events(connection: Connection, event_ids: Collection[str]) -> Counter[Count]:
    change: Counter[Count] = Counter()
    for some in _chunks(event_ids):
        dropped = delete(events).where(events.c.event_id.in_(some)).returning(events.c.type)
        change.subtract(("event", kind) for kind in connection.execute(dropped).scalars())
    return change


def _drop_rows(
    connection: Connection, projection: Projection, keys: Collection[str]
) -> Counter[Count]:
    """Returns what they had counted for."""
    table = PROJECTIONS[projection]
    [key] = table.primary_key.columns
    counted: Counter[Count] = Counter()
    for some in _chunks(keys):
        for row in read_rows(connection, table, some).values():
            counted.update(counts_of(projection, row))
        connection.execute(delete(table).where(key.in_(some)))
    return counted


def _silence(connection: Connection, run_ids: Collection[str]) -> int:
    """What is told of these runs and their models stays, without what the models said."""
    changed = 0
    for some in _chunks(run_ids):
        rows = select(events).where(events.c.run_id.in_(some))
        for row in connection.execute(rows).all():
            event = _ADAPTERS[row.stream].validate_json(row.body)
            silent = without_answers(event)
            if silent != event:
                its_row = events.c.number == row.number
                body = silent.model_dump_json()
                connection.execute(update(events).where(its_row).values(body=body))
                changed += 1
    return changed


def _column(
    connection: Connection, wanted: Column[str], named: Column[str], names: Collection[str]
) -> set[str]:
    """The values of `wanted` where `named` is one of `names`."""
    found: set[str] = set()
    for some in _chunks(names):
        found.update(connection.execute(select(wanted).where(named.in_(some))).scalars())
    return found


def _chunks(names: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(names)
    for at in range(0, len(ordered), _CHUNK):
        yield ordered[at : at + _CHUNK]
