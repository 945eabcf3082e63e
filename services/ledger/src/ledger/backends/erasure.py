"""Erases questions from the ledger: events, rows, counts, and the pages that held them."""

from typing import NamedTuple

from sqlalchemy import Engine, delete

from ledger.backends.erasure_queries import (
    delete_events,
    remove_answers,
    split_example_events,
    trace_ids_of,
    values_of,
)
from ledger.backends.rows import chunks, delete_rows
from ledger.backends.tables import events, example_sources, forgotten_examples, run_examples
from ledger.backends.writer import SqlLedger
from ledger.domain.projection.changes import Link
from ledger.domain.values import keys_of, plain
from ratchet.contract import ForgetRequested


class Erased(NamedTuple):
    """Counts by kind, and the ids of all examples that were ever erased for the request."""

    counts: dict[str, int]
    examples: tuple[str, ...]


class SqlLedgerErasure:
    """Erases on `engine`, with the projections of `ledger`, which writes the same database."""

    def __init__(self, engine: Engine, ledger: SqlLedger) -> None:
        self._engine = engine
        self._ledger = ledger

    def forget(self, request: ForgetRequested) -> Erased:
        """Erase what `request` names; counts cover what this call erased.

        Raises `ratchet.contract.Unavailable` if the database is unavailable or its disk is full.
        """
        query_ids = sorted({plain(name) for name in request.query_ids})
        with self._engine.begin() as connection:
            made_of_them = values_of(
                connection, example_sources.c.example_id, example_sources.c.query_id, query_ids
            )
            traces = trace_ids_of(connection, query_ids)
            gone, left = split_example_events(connection, made_of_them, set(query_ids))
            gone |= values_of(connection, events.c.event_id, events.c.query_id, query_ids)
            named = [*request.decision_ids, *(remark.event_id for remark in request.remarks)]
            gone |= values_of(connection, events.c.event_id, events.c.event_id, named)
            change = delete_events(connection, gone)
            # Rows are not corrected but deleted, and folded again from the events that stay. So the
            # ledger equals one that never had the others.
            others = {key for one in request.remarks for key in keys_of(one.query_id)}
            others -= set(query_ids)
            change.subtract(delete_rows(connection, "experiences", {*query_ids, *others}))
            change.subtract(delete_rows(connection, "examples", made_of_them))
            for some in chunks(made_of_them):
                connection.execute(
                    delete(example_sources).where(example_sources.c.example_id.in_(some))
                )
            change.update(self._ledger.project(connection, left))
            change.update(self._ledger.fold_again(connection, others))
            self._ledger.count(connection, change)
            erased = made_of_them | traces
            links = (Link("forgotten_examples", name, request.event_id) for name in erased)
            self._ledger.link(connection, links)
            marked = values_of(
                connection,
                forgotten_examples.c.example_id,
                forgotten_examples.c.request_id,
                [request.event_id],
            )
            used_by = values_of(
                connection, run_examples.c.run_id, run_examples.c.example_id, erased
            )
            redacted = remove_answers(connection, used_by | set(request.run_ids))
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
